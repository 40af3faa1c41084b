/* SPDX-License-Identifier: Apache-2.0 */
/* A bearer that the agent holds. */
#ifndef P11BEARER_AGENT_BEARER_H
#define P11BEARER_AGENT_BEARER_H

#include "agent/failure.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

enum { GENERATION_SIZE = 17, JTI_SIZE = 65 };

struct agent_bearer {
	unsigned uses;               /* references */
	struct secret *json;         /* the server's answer, and the member p11bearer: what clients receive */
	struct secret *token;        /* the access token alone */
	char generation[GENERATION_SIZE]; /* random; names this bearer to clients */
	char jti[JTI_SIZE];          /* of the assertion; "" if it has none */
	long long expires_at;        /* seconds since 1970; 0: unknown */
	double expires;              /* milliseconds, as loop_now; 0: unknown */
	double began;                /* loop_now, when it arrived */
	void *response;              /* of http.c */
	void (*response_free)(void *response);
};

/* Makes a bearer of a worker's answer (see struct job): takes the access token, drops "jti" and a "p11bearer" of the
 * server's, and adds its own member p11bearer: {"profile","generation","expires_at"}. `seconds` is the lifetime if
 * neither the answer (expires_in) nor the access token (a JWT's exp) states one; 0: unknown. `now` is loop_now, `clock`
 * the time in seconds since 1970. Has one reference. Fails with ERROR_ANSWER or ERROR_UNEXPECTED. */
int agent_bearer_new(struct agent_bearer **bearer, const char *answer, size_t length, const char *profile, long seconds,
		     double now, long long clock, struct error *error);

struct agent_bearer *agent_bearer_use(struct agent_bearer *bearer);

/* Ends one reference, and sets *bearer to NULL, which is allowed. The last one wipes and frees it. */
void agent_bearer_leave(struct agent_bearer **bearer);

/* Whether it has expired, by either clock. */
bool agent_bearer_is_dead(const struct agent_bearer *bearer, double now, long long clock);

#endif
