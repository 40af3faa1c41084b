/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of an assertion for a bearer (RFC 7523 section 2.1, RFC 6749 section 5). */
#ifndef P11BEARER_OAUTH_EXCHANGE_H
#define P11BEARER_OAUTH_EXCHANGE_H

#include "base/error.h"
#include "base/secret.h"
#include "oauth/http.h"

/* What one request to the token endpoint brought. */
struct oauth_answer {
	struct secret *json;         /* the answer, compact, every field kept; set on success only, as the next three */
	struct secret *access_token;
	char *instance_url;          /* NULL when the org sent none */
	char *id;                    /* URL of the user's identity; NULL when the org sent none */
	char code[256];              /* error and error_description of a refusal, else empty */
	char description[3072];
	long status;                 /* of HTTP; 0: there was no answer */
	struct http_clock clock;     /* as the answer tells */
	long retry_after;            /* seconds to wait as the org asked, or -1 */
	bool sent;                   /* the assertion may have reached the org: it must not be sent again */
	bool passing;                /* the failure may pass: another try makes sense */
	bool stale;                  /* as http_response has it */
};

/* Sends the assertion to `url`. Fails with ERROR_NETWORK, ERROR_ORG for a refusal (in the org's own words),
 * ERROR_ANSWER for an answer that is no bearer, ERROR_CONFIG for the URL. `answer` is all 0, or one of before, whose
 * memory is used again; it is filled in either case and to be cleared. */
int oauth_exchange(struct http *http, const char *url, const struct secret *assertion, struct oauth_answer *answer,
		   struct error *error);

/* The same for many at a time: begins one, for which there must be room in the pool; `url` must stay until it is
 * taken, the assertion need not. With `fresh` it goes over a connection of its own. */
int oauth_exchange_start(struct http_pool *pool, const char *url, const struct secret *assertion, bool fresh, void *tag,
			 struct error *error);

/* Moves them all, and takes one that has ended: its tag, and what oauth_exchange would have brought. False: there is
 * none. */
bool oauth_exchange_take(struct http_pool *pool, struct oauth_answer *answer, void **tag, int *result, struct error *error);

/* Wipes what `answer` holds, and keeps the memory. */
void oauth_answer_wipe(struct oauth_answer *answer);

/* Wipes and frees what `answer` holds. */
void oauth_answer_clear(struct oauth_answer *answer);

#endif
