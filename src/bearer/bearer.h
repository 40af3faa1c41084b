/* SPDX-License-Identifier: Apache-2.0 */
/* The composition: key and claims to an assertion, an assertion to a bearer. The one room that knows p11 and oauth. */
#ifndef P11BEARER_BEARER_H
#define P11BEARER_BEARER_H

#include "base/error.h"
#include "base/secret.h"
#include "jwt/jwt.h"
#include "oauth/http.h"
#include "p11/p11.h"
#include "server/server.h"

#include <stdbool.h>

/* What an assertion and its exchange are made from. Strings are the caller's and must outlive the request. */
struct bearer_request {
	const struct server *server;
	struct p11_request key;
	const char *client_id;    /* iss */
	const char *username;     /* sub */
	const char *instance_url; /* the org; may be NULL where the two below are given */
	const char *audience;     /* aud, or NULL: the org */
	const char *token_url;    /* or NULL: the org's usual one */
	long lifetime;            /* seconds from now to exp */
	bool jti;
	struct jwt_extra *claims, *headers;
	size_t claim_count, header_count;
	const char *certificate; /* file with the certificate at the org, or NULL: no local check */
	struct http_options http;
	long retries; /* further tries after a passing failure */
	long rate_wait; /* seconds to wait for a user who has logged in too often; 0: not at all */
};

/* An assertion and what stands in it. */
struct assertion {
	char *header, *claims; /* compact JSON */
	struct secret *text;
	long long exp;
};

/* Sets *url to the URL of the token endpoint; the caller frees it. Fails with ERROR_UNEXPECTED if memory is exhausted. */
int bearer_token_url(const struct bearer_request *request, char **url, struct error *error);

/* Opens the key, makes and signs an assertion, checks it against request->certificate, closes the key. To be cleared.
 * Fails as p11_key_open, p11_signer_sign and jwt_claims do; ERROR_CONFIG when the certificate is not the key's. */
int bearer_assertion(const struct bearer_request *request, struct assertion *assertion, struct error *error);
void assertion_clear(struct assertion *assertion);

/* A bearer: what the org answered. */
struct bearer;

/* Makes an assertion and exchanges it. A failure that may pass is tried again request->retries times, with the same
 * assertion only when it surely never left; a user who has logged in too often is waited for. Fails as bearer_assertion and oauth_exchange do, a refusal with advice. */
int bearer_get(const struct bearer_request *request, struct bearer **bearer, struct error *error);

/* The org's answer, compact; the access token; the instance URL or NULL; the URL of the user's identity or NULL. Owned by
 * `bearer`. */
const struct secret *bearer_json(const struct bearer *bearer);
const struct secret *bearer_access_token(const struct bearer *bearer);
const char *bearer_instance_url(const struct bearer *bearer);
const char *bearer_id(const struct bearer *bearer);

/* The URL that the bearer may be sent to: scheme, host and port of the org's instance_url, with its path if that is the
 * request's too, or the request's URL if the org sent none. Fails with ERROR_ANSWER when there is none, or one that nothing
 * secret may be sent to. Owned by `bearer` or `request`. */
int bearer_site(struct bearer *bearer, const struct bearer_request *request, const char **url, struct error *error);

/* Wipes and frees *bearer and sets it to NULL. NULL is allowed. */
void bearer_free(struct bearer **bearer);

/* Where a bearer is used, and how it is reached. Strings are the caller's. */
struct bearer_use {
	const struct server *server;
	const char *instance_url;
	struct http_options http;
	long retries; /* further tries after a passing failure */
};

/* What the org says of the bearer's user, as indented JSON; to be freed. Fails as oauth_call does, a refusal with advice. */
int bearer_userinfo(const struct bearer_use *use, const struct secret *access_token, struct secret **json,
		    struct error *error);

/* Ends the bearer at the org. Fails as bearer_userinfo does. */
int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error);

#endif
