/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the loopback org. */
#ifndef ORG_OPTIONS_H
#define ORG_OPTIONS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "logins.h"
#include "nodes.h"
#include "refusals.h"
#include "vendor.h"

enum { NAMES_MAX = 64 };

struct names {
	const char *list[NAMES_MAX];
	size_t count;
};

struct options {
	const struct vendor *vendor; /* whose server this is; NULL: an org */
	const char *jwks;            /* file; NULL if the public key is in the certificate */
	const char *client_secret;   /* NULL if the client has none */
	const char *certificate; /* file; NULL if none is registered */
	const char *app;         /* folder; NULL if only the certificate is known */
	long deploy_polls;       /* requests for its status before a deployment ends */
	struct nodes nodes;      /* one without a delay if the command line has none */
	bool node_per_connection; /* else per request */
	struct names component_failures; /* [check:|real:]PART=PROBLEM */
	const char *client_id;
	struct names usernames;
	struct names audiences;  /* empty for the org's own URL */
	struct names algorithms; /* empty for RS256 */
	const char *bind;
	uint16_t port;
	const char *tls; /* directory for ca.pem; NULL for plain HTTP */
	bool tls12;      /* no later version */
	const char *client_ca;  /* file; NULL to ask clients for no certificate */
	bool client_optional;   /* a client may have none */
	const char *log; /* file; NULL for no log */
	const char *scope;
	cJSON *extra; /* object, owned */
	const struct refusal *refuse;
	struct logins logins;
	bool proxy_password;
	struct faults faults;
	struct faults use_faults; /* for requests with a bearer */
	struct faults deploy_faults; /* for those of them that begin a deployment that is no check */
	struct faults status_faults; /* and for those that ask for its status */
	unsigned long seed;       /* of faults by chance */
	long bearer_life;
	long clock;
	unsigned long max_requests; /* 0 for no limit */
};

/*
 * Reads the command line into `options`, which points into argv. Always free it with options_clear. Returns -1 to go on, or
 * the exit status if help was shown or an option is invalid.
 */
int options_parse(int argc, char **argv, struct options *options);

/* Frees what options_parse allocated. */
void options_clear(struct options *options);

#endif
