/* SPDX-License-Identifier: Apache-2.0 */
/* Exchanges an assertion for a bearer at the token endpoint (RFC 7523 sections 2.1 and 2.2, RFC 6749 section 5). */
#ifndef P11BEARER_OAUTH_EXCHANGE_H
#define P11BEARER_OAUTH_EXCHANGE_H

#include "base/error.h"
#include "base/secret.h"
#include "oauth/answer.h"

/* How the assertion is sent. */
enum oauth_grant_kind {
	OAUTH_JWT_BEARER,         /* RFC 7523 section 2.1 */
	OAUTH_CLIENT_CREDENTIALS, /* RFC 7523 section 2.2, RFC 6749 section 4.4 */
	OAUTH_IN_HEADER,          /* Authorization: Bearer, with a JSON object or without a body */
	OAUTH_IN_JSON,            /* as a member of a JSON object */
};

/* A token request, and how it is answered. Strings and fields belong to the caller. */
struct oauth_grant {
	enum oauth_grant_kind kind;
	const struct http_field *fields; /* further fields of the form, or members of the JSON object, see http.h */
	size_t field_count;
	const char *member; /* OAUTH_IN_JSON: the one that is the assertion */
	const char *header; /* another line of the request's header; NULL: none */
	struct oauth_shape shape;
};

/* Sends the assertion to `url`. Fails as oauth_call does with OAUTH_BEARER, and fills `answer` in the same way. An
 * assertion that may have reached the server (answer->sent) must not be sent again. Fields that make no JSON object are
 * an ERROR_CONFIG. */
int oauth_exchange(struct http *http, const struct http_url *url, const struct oauth_grant *grant,
		   const struct secret *assertion, struct oauth_answer *answer, struct error *error);

/* Starts an exchange in a pool that has room for it. `url` must outlive the exchange; grant and assertion need not. If
 * `fresh` is true, the request uses a new connection. */
int oauth_exchange_start(struct http_pool *pool, const struct http_url *url, const struct oauth_grant *grant,
			 const struct secret *assertion, bool fresh, void *tag, struct error *error);

/* Makes progress on all exchanges in the pool and takes one that has ended: its tag, and what oauth_exchange would have
 * returned. Returns false if none has ended. */
bool oauth_exchange_take(struct http_pool *pool, const struct oauth_shape *shape, struct oauth_answer *answer,
			 void **tag, int *result, struct error *error);

#endif
