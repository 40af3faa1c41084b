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

/* (grant.c) Adds the tokens in the body to the redactor. `json` may be NULL. */
void grant_guard(const struct cJSON *json, struct redactor *redactor);

/* (grant.c) Takes the bearer from the body `text`, which parses as the object `json`. Fails with ERROR_ANSWER. */
int grant_take(const struct cJSON *json, const char *text, struct oauth_answer *answer, struct error *error);

#endif
