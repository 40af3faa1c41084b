/* SPDX-License-Identifier: Apache-2.0 */
/* A bearer in use, with the key or the agent that replaces it when it expires. */
#ifndef P11BEARER_BEARER_CLIENT_H
#define P11BEARER_BEARER_CLIENT_H

#include "bearer/assertion.h"
#include "oauth/call.h"

struct client {
	const struct bearer_request *request;
	struct signer signer; /* stays open: one login serves every bearer; all 0 with an agent */
	size_t accepted;      /* the number of the key that the server accepted last */
	struct http *http;
	struct bearer *bearer;
	long retries; /* of each request */
	bool renewed; /* the bearer was replaced, or need not be */
	bool curable; /* the last exchange failed, but a later one may succeed */
	long pause;   /* seconds that the server then asked to wait, or -1 */
};

/* Opens the keys, unless there is an agent. Fails as signer_open does. Close the client even on failure. */
int client_begin(struct client *client, const struct bearer_request *request, struct error *error);

/* Opens the keys, unless there is an agent, and gets a bearer. Fails as bearer_get does. Close the client even on
 * failure. */
int client_open(struct client *client, const struct bearer_request *request, struct error *error);
void client_close(struct client *client);

/* As client_begin, but with the request's first key, which is open already. The client takes over the key, also on
 * failure. */
int client_open_with(struct client *client, const struct bearer_request *request, struct p11_key *key,
		     struct error *error);

/* Replaces the bearer with a new one. On failure the old one is kept. */
int client_renew(struct client *client, struct error *error);

/* As client_renew, but only with the key number `which`: if the server refuses it, no other key signs. */
int client_renew_with(struct client *client, size_t which, struct error *error);

/* Sends a request for JSON with the bearer to `path` below its site, as target_send does. If the server answers that
 * the bearer has expired (HTTP status 401), the request is repeated with a new bearer; a client does this once. */
int client_call(struct client *client, const char *path, struct http_request *request, bool repeatable,
		struct oauth_answer *answer, struct error *error);

/* Revokes the bearer, as bearer_revoke does. */
int client_revoke(struct client *client, struct error *error);

/* How requests are sent and retried. */
struct target {
	const struct server *server;
	struct http *http;
	long retries;
	enum oauth_wanted wanted;
	bool repeatable; /* sending a request twice does no harm */
};

/* Sends a request. A transient failure is retried; if the request is not repeatable, only if it certainly had no
 * effect. *retried (may be NULL) is set if there was a retry. Fails as oauth_call does; the error of a refusal has a
 * hint. `answer` is filled even on failure; the caller clears it. */
int target_send(const struct target *target, const struct http_request *request, struct oauth_answer *answer,
		bool *retried, struct error *error);

#endif
