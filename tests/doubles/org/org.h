/* SPDX-License-Identifier: Apache-2.0 */
/* The org: its state, and the handlers of its endpoints. */
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
#include "nodes.h"
#include "options.h"
#include "signature.h"

/* Everything here is guarded by the server's lock; a handler runs with the lock held. */
struct org {
	const struct options *options;
	char url[64];
	int log; /* file descriptor; -1 for no log */
	unsigned long requests;
	unsigned long token_requests;
	unsigned long use_requests; /* with a bearer */
	unsigned long deploy_requests, status_requests; /* those of them that begin or follow a deployment that is no check */
	struct logins logins;       /* from the option, counting down */
	struct draws token_draws;   /* separate, so that one kind of request does not affect the other */
	struct draws use_draws, deploy_draws, status_draws;
	struct certificate_file certificate; /* unless the app has one */
	void *jtis;
	struct bearers bearers;
	struct app app; /* empty if the certificate is in its own file */
	struct changes changes; /* the certificates of the app */
	unsigned long deployed; /* number of deployments */
	struct deployment *deployments;
};

/* A complete request. The strings belong to the HTTP library; those of missing headers are NULL. */
struct request {
	const char *method;
	const char *path;
	const char *content_type;
	const char *user_agent;
	const char *authorization;
	const char *host, *accept;
	const char *snowflake; /* X-Snowflake-Authorization-Token-Type */
	char *body; /* owned by the server; not a string */
	size_t length;
	bool too_large;
	const struct parts *parts; /* of a multipart body; empty for others */
	unsigned long connection; /* its number, from 1 */
	bool details; /* ?includeDetails=true */
	cJSON *client; /* of TLS, with --client-ca; goes into the log line */
};

/* Answers a request and adds what it contains to the log line. The answer is empty before; the server clears it. */
typedef void handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line);

/* The org's time. */
time_t org_now(const struct org *org);

/*
 * Answers a request: selects the handler by method and path, and writes the log line. The caller holds the lock and clears
 * the answer.
 */
void org_answer(struct org *org, const struct request *request, struct answer *answer);

/* Writes a line about something that is not a request. Frees it. The caller holds the lock. */
void org_log(struct org *org, cJSON *line);

/* Opens the log and reads the app, as the options say. Returns 0, or -1 after a message on stderr. */
int org_open(struct org *org, const struct options *options);

/* Frees the org's state and closes its log. */
void org_close(struct org *org);

/* POST /services/oauth2/token */
handler token_handler;

/* Judges a request to a vendor's server, and logs its content. With `use_up`, a valid assertion cannot be used again. */
struct verdict vendor_judge(struct org *org, const struct request *request, bool use_up, cJSON *line);

/* Answers a request to a vendor's server that `line` says is good. */
handler vendor_answer;

/* Answers whose bearer this is. */
handler vendor_userinfo;

/* GET /services/oauth2/userinfo */
handler userinfo_handler;

/* POST /services/oauth2/revoke */
handler revoke_handler;

/* Everything below /services/data: the Metadata API's deployRequest */
handler deploy_handler;

#endif
