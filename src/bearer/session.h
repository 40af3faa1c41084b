/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the bearer room: a bearer in use, and how the next one is had. */
#ifndef P11BEARER_BEARER_SESSION_H
#define P11BEARER_BEARER_SESSION_H

#include "bearer/assertion.h"
#include "oauth/call.h"

struct bearer_session {
	const struct bearer_request *request;
	struct signer signer; /* stays open: one login serves every bearer */
	struct http *http;
	char *token_url;
	struct bearer *bearer;
	long retries; /* for each request */
	long rate_wait; /* as the request has it, or less */
	bool renewed;
};

/* Opens the key and gets a bearer. Fails as bearer_get does; to be closed in either case. */
int session_start(struct bearer_session *session, const struct bearer_request *request, struct error *error);
void session_end(struct bearer_session *session);

/* Gets a fresh bearer in place of the old one, which stays when that fails. */
int session_renew_bearer(struct bearer_session *session, struct error *error);

/* Sends a request with the session's bearer to `path` below its site, as use_send does. If the org says that the bearer has
 * ended (HTTP status 401), that goes again with a fresh one, once in a session. */
int session_call(struct bearer_session *session, const char *path, struct http_request *request, bool repeatable,
		 struct oauth_answer *answer, struct error *error);

/* How a request is sent. */
struct use {
	const struct server *server;
	struct http *http;
	const char *site;
	long retries;
	enum oauth_wanted wanted;
	bool repeatable; /* it does no harm when it is sent twice */
};

/* Sends a request to `path` below the site; a failure that may pass is tried again, if the request is not repeatable only
 * one that surely did nothing. *again (may be NULL) tells that a try went before. Fails as oauth_call does, a refusal with
 * advice; `answer` is filled in either case and to be cleared. */
int use_send(const struct use *use, const char *path, struct http_request *request, struct oauth_answer *answer,
	     bool *again, struct error *error);

#endif
