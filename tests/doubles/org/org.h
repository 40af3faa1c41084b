/* SPDX-License-Identifier: Apache-2.0 */
/* The org itself: what it knows and remembers, and what a handler of an endpoint looks like. */
#ifndef ORG_ORG_H
#define ORG_ORG_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "answer.h"
#include "app.h"
#include "assertion.h"
#include "bearers.h"
#include "deploy.h"
#include "multipart.h"
#include "options.h"
#include "signature.h"

/* Everything here is guarded by the server's lock; a handler runs with the lock held. */
struct org {
	const struct options *options;
	char url[64];
	int log; /* file descriptor; -1: no log */
	unsigned long requests;
	unsigned long token_requests;
	unsigned long use_requests; /* with a bearer */
	struct logins logins;       /* what is left of the option */
	struct draws token_draws;   /* apart, so that one kind of request does not change what hits the other */
	struct draws use_draws;
	struct certificate_file certificate; /* unless the app has one */
	void *jtis;
	struct bearers bearers;
	struct app app; /* empty: the certificate is in a file of its own */
	unsigned long deployed; /* how many deployments there were */
	struct deployment *deployments;
};

/* One request, read to its end. The strings belong to the HTTP library; those of missing headers are NULL. */
struct request {
	const char *method;
	const char *path;
	const char *content_type;
	const char *user_agent;
	const char *authorization;
	char *body; /* owned by the server; not a string */
	size_t length;
	bool too_large;
	const struct parts *parts; /* of a multipart body; empty for others */
	bool details; /* ?includeDetails=true */
};

/* Answers one request and adds to `line`, the log's, what it saw. The answer comes empty; the server clears it. */
typedef void handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line);

/* The org's idea of the time. */
time_t org_now(const struct org *org);

/*
 * Answers any request: picks the handler by method and path, and writes the log's line.
 * The caller holds the lock and clears the answer.
 */
void org_answer(struct org *org, const struct request *request, struct answer *answer);

/* Opens the log and reads the app, if they are wanted. Says on stderr what is wrong. Returns 0 or -1. */
int org_open(struct org *org, const struct options *options);

/* Frees what the org remembers and closes its log. */
void org_close(struct org *org);

/* POST /services/oauth2/token */
handler token_handler;

/* GET /services/oauth2/userinfo */
handler userinfo_handler;

/* POST /services/oauth2/revoke */
handler revoke_handler;

/* Everything below /services/data: the Metadata API's deployRequest */
handler deploy_handler;

#endif
