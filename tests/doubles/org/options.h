/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the loopback org. */
#ifndef ORG_OPTIONS_H
#define ORG_OPTIONS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "logins.h"
#include "refusals.h"

enum { NAMES_MAX = 64 };

struct names {
	const char *list[NAMES_MAX];
	size_t count;
};

struct options {
	const char *certificate; /* file; NULL: none registered */
	const char *app;         /* folder; NULL: the certificate alone is known */
	long deploy_polls;       /* requests for its status before a deployment ends */
	struct names component_failures; /* PART=PROBLEM */
	const char *client_id;
	struct names usernames;
	struct names audiences; /* empty: the org's own URL */
	const char *bind;
	uint16_t port;
	const char *tls; /* directory for ca.pem; NULL: plain HTTP */
	const char *log; /* file; NULL: no log */
	const char *scope;
	cJSON *extra; /* object, owned */
	const struct refusal *refuse;
	struct logins logins;
	bool proxy_password;
	struct faults faults;
	struct faults use_faults; /* for requests with a bearer */
	unsigned long seed;       /* of faults by chance */
	long bearer_life;
	long clock;
	unsigned long max_requests; /* 0: no limit */
};

/*
 * Reads the command line into `options`, which points into argv; release it with options_clear whatever the result.
 * Returns -1 to go on, or the exit status when there is nothing more to do (help was shown, or an option was wrong).
 */
int options_parse(int argc, char **argv, struct options *options);

/* Frees what options_parse allocated. */
void options_clear(struct options *options);

#endif
