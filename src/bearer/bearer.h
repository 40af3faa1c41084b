/* SPDX-License-Identifier: Apache-2.0 */
/* From a key and claims to an assertion, and from an assertion to a bearer. The only component that uses both p11 and
 * oauth. */
#ifndef P11BEARER_BEARER_H
#define P11BEARER_BEARER_H

#include "base/error.h"
#include "base/secret.h"
#include "base/url.h"
#include "jwt/jwt.h"
#include "oauth/agent.h"
#include "oauth/answer.h"
#include "oauth/http.h"
#include "p11/p11.h"
#include "server/server.h"

#include <stdbool.h>

struct bearer_identity; /* see bearer/identity.h */
struct recorder;        /* see bearer/record.h */
struct content;         /* see bearer/content.h */

/* What is computed when an assertion is made, as it may depend on the key: bits of bearer_request.computed. */
enum { BEARER_ISS = 1, BEARER_SUB = 2, BEARER_AUD = 4 };

/* A field of the token request's form, or a member of its JSON object. */
struct bearer_field {
	const char *name, *value;
	bool secret;   /* the value is never shown */
	bool computed; /* the value is a template: see bearer/fields.h */
	struct secret *kept; /* what `value` points into; NULL: it is a setting's or the row's */
};

/* The input for an assertion and its exchange, or the agent that gives the bearer instead; then only `agent`, `server`,
 * `http` and `retries` count. Strings belong to the caller and must outlive the request. A URL without text is not
 * set. */
struct bearer_request {
	const struct server *server; /* filled in, see server_fill */
	struct oauth_agent agent; /* without a socket: none */
	struct p11_request key;
	struct uri *next_key;         /* the key that replaces it, on the same token; NULL: none */
	const char *next_certificate; /* file with its certificate; NULL: do not check its signatures */
	enum server_grant grant;
	unsigned computed;        /* which of client_id, username and audience_text are templates: BEARER_ISS, … */
	const char *client_id;    /* iss; NULL: left out */
	const char *username;     /* sub; NULL: left out */
	struct url instance_url;  /* of the org or server; optional if the row does not need it */
	const char *audience_text; /* aud, "" to leave it out; NULL: it is the next member */
	struct url audience;      /* default: instance_url without trailing slashes */
	struct url token_url;     /* default: the row's */
	struct http_url *endpoint; /* receives the assertions, see bearer_endpoint */
	long lifetime;            /* seconds from now to exp */
	bool jti;
	bool has_iat, has_nbf;
	long iat, nbf;            /* seconds from now */
	struct jwt_extra *claims, *headers;
	size_t claim_count, header_count;
	struct bearer_field *form; /* fields beside those of the grant */
	size_t form_count;
	const char *certificate; /* file with the certificate that the server has; NULL: do not check signatures */
	long warn_days;          /* warn if a certificate expires in fewer days; 0: never */
	struct http_options http; /* with the identity, see identity_http */
	struct bearer_identity *identity; /* NULL: none */
	struct recorder *recorder; /* of signatures; NULL: none */
	long retries;   /* after transient failures */
	long rate_wait; /* seconds to wait for a user who has logged in too often; 0: do not wait */
};

/* Sets request->endpoint from token_url or, if that is not set, from the row and instance_url; to NULL if the row needs
 * an instance_url that is not set, for example in a batch whose lines name their orgs, or if nothing is exchanged and
 * the row has no endpoint. The caller frees it. Fails as http_url_parse does, and with ERROR_CONFIG if the row has no
 * endpoint. */
int bearer_endpoint(struct bearer_request *request, struct error *error);

/* Make a text in the form of an audience, see jwt_audience: bearer_base that of instance_url without its trailing
 * slashes, bearer_token_url that of the endpoint. The caller frees *text. Fail with ERROR_CONFIG if instance_url is
 * needed and not set, or the row has no endpoint. */
int bearer_base(const struct bearer_request *request, char **text, struct error *error);
int bearer_token_url(const struct bearer_request *request, char **text, struct error *error);

/* Makes the URL of an endpoint from a row's template. If it begins with "{FIELD}" or a slash, it is below `base`. The
 * caller frees *url. Fails as http_url_parse and braces_fill do. */
int bearer_url(struct http_url **url, const char *template, const char *field, const struct url *base,
	       struct error *error);

/* Whether a template of a row needs the URL of bearer_site. */
bool bearer_needs_site(const char *template);

/* Sets how messages about connections name the server. */
void bearer_party(const struct server *server, struct http_options *options);

/* How the server answers, for oauth_call. */
struct oauth_shape bearer_shape(const struct server *server);

/* An assertion and its content. */
struct assertion {
	char *header, *claims; /* compact JSON */
	struct content *content; /* what they are made of, and the form; points into the request */
	struct secret *text;
	bool slow;             /* the signature took so long that it may have needed a touch */
	size_t key;            /* that signed it: 0, or 1 for the next key */
	enum alg alg;          /* that it is signed with */
	long long exp;
};

/* Opens the key, makes and signs an assertion, checks it against request->certificate, and closes the key. The caller
 * clears the assertion. Fails as signer_open and assertion_make do. */
int bearer_assertion(const struct bearer_request *request, struct assertion *assertion, struct error *error);
void assertion_clear(struct assertion *assertion);

/* The access token and everything that came with it. */
struct bearer;

/* Makes an assertion and exchanges it, or asks the agent. Transient failures of an exchange are retried, see retry.h;
 * an assertion that may have reached the server is never sent again. Fails as bearer_assertion and oauth_exchange do,
 * or as oauth_agent_bearer does; the error of a refusal has a hint. */
int bearer_get(const struct bearer_request *request, struct bearer **bearer, struct error *error);

/* The server's answer in one line; the access token; the instance URL or NULL; the URL of the user's identity or NULL.
 * Owned by `bearer`. */
const struct secret *bearer_json(const struct bearer *bearer);
const struct secret *bearer_access_token(const struct bearer *bearer);
const char *bearer_instance_url(const struct bearer *bearer);
const char *bearer_id(const struct bearer *bearer);

/* Sets *site to the URL that the bearer may be sent to: the instance_url that the server sent (see http_site), or else
 * the request's. Fails with ERROR_ANSWER if there is neither, or if the server's is unsafe for a secret. Owned by
 * `bearer` or `request`. */
int bearer_site(struct bearer *bearer, const struct bearer_request *request, struct url *site, struct error *error);

/* Wipes and frees *bearer and sets it to NULL. NULL is allowed. */
void bearer_free(struct bearer **bearer);

/* Gets a bearer and asks the server about its user. If a bearer of the agent has expired, asks once for another one.
 * The caller frees *json, which is indented. Fails as bearer_get and oauth_call do; the error of a refusal has a
 * hint. */
int bearer_userinfo(const struct bearer_request *request, struct secret **json, struct error *error);

/* If this access token is the one that the agent has, has the agent get another one, because a server has refused it.
 * The request is one to an agent. Fails as bearer_get does. */
int bearer_replace(const struct bearer_request *request, const struct secret *access_token, struct error *error);

/* Where a bearer is revoked. Strings belong to the caller. */
struct bearer_use {
	const struct server *server;
	struct http_url *url; /* the endpoint */
	struct http_options http; /* with the identity, see identity_http */
	struct bearer_identity *identity; /* may open its key itself if the server requests it; NULL: none */
	long retries; /* after transient failures */
};

/* Revokes the bearer (RFC 7009). Fails as oauth_call does, and as identity_fetch does if the server requests the
 * identity; the error of a refusal has a hint. */
int bearer_revoke(const struct bearer_use *use, const struct secret *access_token, struct error *error);

#endif
