/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the server and its answer, for any endpoint. */
#ifndef P11BEARER_OAUTH_CALL_H
#define P11BEARER_OAUTH_CALL_H

#include "base/error.h"
#include "oauth/answer.h"

/* Sends the request and reads the answer. Masks secrets of the request in code, description and error. Fails with
 * ERROR_NETWORK if there is no answer, ERROR_ORG for a refusal (in the server's own words), ERROR_ANSWER for a redirect
 * or a body that does not match `wanted`, ERROR_CONFIG for an unusable proxy. `answer` is filled even on failure; the
 * caller clears it. */
int oauth_call(struct http *http, const struct http_request *request, enum oauth_wanted wanted,
	       const struct oauth_shape *shape, struct oauth_answer *answer, struct error *error);

#endif
