/* SPDX-License-Identifier: Apache-2.0 */
/* From an HTTP response to an answer. */
#ifndef P11BEARER_OAUTH_JUDGE_H
#define P11BEARER_OAUTH_JUDGE_H

#include "base/json.h"
#include "oauth/answer.h"

/* Makes cJSON wipe the memory it frees, which may hold a bearer. Call it before any thread starts. */
void judge_begin(void);

/* Fills `answer` from the response. `result` and `error` are what the request returned; if it succeeded, the response
 * is judged. Returns the result: fails with ERROR_ORG for a refusal, in the server's own words, and with ERROR_ANSWER
 * for a redirect or a body that does not match `wanted`. The error is redacted. */
int judge_response(const struct http_response *response, enum oauth_wanted wanted, const struct oauth_shape *shape,
		   int result, struct oauth_answer *answer, struct error *error);

/* (words.c) Reads a refusal's code and description into `answer`, redacted and as one line: of an answer that is not
 * known to be one, only those that RFC 6749 names. `json` may be NULL. */
void words_read(const struct cJSON *json, const struct oauth_shape *shape, bool refused, struct redactor *redactor,
		struct oauth_answer *answer);

/* (words.c) Writes what else may help to find the cause, such as "; trace_id 1234", unless `said` has it. */
void words_details(const struct cJSON *json, const char *said, struct redactor *redactor, char *text, size_t size);

/* (lifetime.c) Returns the seconds that the item states: a number or digits; or a time, in RFC 3339 or in seconds since
 * 1970, which is compared with the server's clock, or with this machine's if that is not known. 0: none. */
long lifetime_read(const struct cJSON *item, const struct http_clock *clock);

enum { ANSWER_NAME_SIZE = 128 }; /* "the org's answer" */

#define GRANT_NO_DPOP "p11bearer does not support DPoP (RFC 9449): switch it off for this client at the server"

/* (grant.c) Whether there is a value where the bearer should be. `json` may be NULL. */
bool grant_has_token(const struct cJSON *json, const struct oauth_shape *shape);

/* (grant.c) Adds the tokens in the body to the redactor. `json` may be NULL. */
void grant_guard(const struct cJSON *json, const struct oauth_shape *shape, struct redactor *redactor);

/* (grant.c) Appends the members of a strict object, with commas, to `copy`, which begins with a brace. `without` names
 * those that are left out, and ends with NULL. Cuts `text` apart. Returns 0, or -1 if memory is exhausted. */
int grant_copy_members(const struct cJSON *object, char *text, const char *const *without, struct secret *copy);

/* (grant.c) Takes the bearer from the body `text`, which parses as the object `json`. answer->clock is set.
 * answer->json becomes the body; if its token or lifetime is not where RFC 6749 section 5.1 has it, access_token and
 * expires_in come first. Fails with ERROR_ANSWER. */
int grant_take(const struct cJSON *json, const char *text, const struct oauth_shape *shape,
	       struct oauth_answer *answer, struct error *error);

#endif
