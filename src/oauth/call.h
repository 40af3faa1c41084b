/* SPDX-License-Identifier: Apache-2.0 */
/* A call of the org's other endpoints: what a bearer is for, and its revocation (RFC 6750, RFC 7009). */
#ifndef P11BEARER_OAUTH_CALL_H
#define P11BEARER_OAUTH_CALL_H

#include "base/error.h"
#include "base/secret.h"
#include "oauth/http.h"

/* What one call brought. */
struct oauth_reply {
	struct secret *json;    /* the answer, indented and redacted, every field kept; NULL: it cannot be used */
	char fault[256];        /* then the reason, a sentence */
	char code[256];         /* a refusal's code and words (error or errorCode, …), else empty */
	char description[3072];
	long status;            /* 0: there was no answer */
	long retry_after;       /* seconds to wait as the org asked, or -1 */
	bool sent;              /* the request may have reached the org */
	bool passing;           /* the failure may pass: another try makes sense */
};

/* Sends the request. What it holds that is secret is masked where the org repeats it. Fails with ERROR_NETWORK, ERROR_ORG
 * for a refusal (in the org's own words), ERROR_ANSWER for a redirect or a broken answer, ERROR_CONFIG for the URL.
 * `reply` is filled even if it fails, and is to be cleared. */
int oauth_call(struct http *http, const struct http_request *request, struct oauth_reply *reply, struct error *error);
void oauth_reply_clear(struct oauth_reply *reply);

#endif
