/* SPDX-License-Identifier: Apache-2.0 */
/* The rows, and the advice that several of them share. Within a list of advice the first match counts, so what a
 * vendor says in its own words comes before these. */
#ifndef P11BEARER_SERVER_ROWS_H
#define P11BEARER_SERVER_ROWS_H

#include "server/server.h"

extern const struct server server_salesforce_site, server_google, server_google_self_signed, server_entra, server_okta;
extern const struct server server_auth0, server_keycloak, server_keycloak_grant, server_docusign, server_box;
extern const struct server server_maskinporten, server_smart, server_netsuite, server_github_app, server_snowflake;
extern const struct server server_vault, server_generic;

#define ADVICE(list) .advice = (list), .advice_count = sizeof(list) / sizeof((list)[0])
#define ALG_BIT(alg) (1U << (unsigned)(alg))
#define ALGS_RS (ALG_BIT(ALG_RS256) | ALG_BIT(ALG_RS384) | ALG_BIT(ALG_RS512))
#define ALGS_PS (ALG_BIT(ALG_PS256) | ALG_BIT(ALG_PS384) | ALG_BIT(ALG_PS512))
#define ALGS_ES (ALG_BIT(ALG_ES256) | ALG_BIT(ALG_ES384) | ALG_BIT(ALG_ES512))

/* Descriptions that say what is wrong with the assertion, in many servers' words. */
#define WORDS_EXPIRED "expired authorization/authorisation code|authorization/authorisation code expired|" \
	"authorization/authorisation code is/has/was expired|expired assertion/jwt|assertion/jwt expired|" \
	"assertion/jwt is/has/was/token expired|assertion/jwt has already/been expired|" \
	"exp/expiration ... past/future|exp/expiration has passed|assertion/jwt is/was too old"
#define WORDS_TOO_NEW "exp/expiration/expiry ... too far/late/distant/large/long|" \
	"assertion/jwt ... not/isnt yet valid|assertion/jwt ... not/isnt valid yet|" \
	"assertion/assertions/jwt ... lifetime/validity ... too long|iat/nbf/issued/notbefore ... future|" \
	"nbf/notbefore ... not/isnt yet valid|used/valid before nbf|before nbf"
#define WORDS_AUDIENCE \
	"audience/aud ... invalid/validation/mismatch*/wrong/unexpected/unknown/unsupported/incorrect/reject*|" \
	"audience/aud not/isnt/doesnt/must/should|audience/aud is/was/does not|" \
	"audience/aud claim/value isnt/doesnt/must/should|audience/aud claim/value is/was/does not|" \
	"invalid/wrong/unexpected/unknown/unrecognized/unsupported/incorrect/bad/missing audience/aud|" \
	"invalid/wrong/incorrect value/claim audience/aud|invalid/wrong/incorrect value/claim for audience/aud"
#define WORDS_SIGNATURE "invalid/bad/wrong signature|signature invalid/mismatch|" \
	"signature is/was/not invalid/wrong/valid|signature is/was not valid|" \
	"signature verification/validation/check fail*|signature verification/validation has failed"
#define WORDS_REPLAYED "jti ... seen/used/reused/replay*|duplicate jti"

#define ADVICE_CLOCK \
	{ SERVER_TOO_NEW, NULL, WORDS_TOO_NEW, \
	  "by the server's clock, the assertion's exp is too far ahead or it was issued in the future", \
	  "set this machine's clock (NTP), give a shorter --lifetime, and check iat and nbf if you set them" }, \
	{ SERVER_EXPIRED, NULL, WORDS_EXPIRED, \
	  "the assertion's exp is in the past by the server's clock", "set this machine's clock (NTP)" }
#define ADVICE_AUDIENCE \
	{ SERVER_OTHER, NULL, WORDS_AUDIENCE, "the server does not accept the claim aud", \
	  "check the token endpoint, and give --audience if the server wants another one" }
#define ADVICE_SIGNATURE \
	{ SERVER_SIGNATURE, NULL, WORDS_SIGNATURE, "the signature is not by a key that the server has", \
	  "register this key's public key, and check --alg and the header field kid" }
#define ADVICE_DPOP \
	{ SERVER_OTHER, "use_dpop_nonce invalid_dpop_proof", NULL, \
	  "the server wants the bearer bound to a key (DPoP), which p11bearer does not do", \
	  "switch DPoP off for this client" }

/* Error codes of RFC 6749 section 5.2. */
#define ADVICE_INVALID_CLIENT \
	{ SERVER_ASSERTION, "invalid_client", NULL, "the server does not accept the assertion as this client's", \
	  "check --client-id, the claim aud, the key that the server has for the client, the header field kid, and " \
	  "this machine's clock" }
#define ADVICE_INVALID_GRANT \
	{ SERVER_ASSERTION, "invalid_grant", NULL, "the server does not accept the assertion", \
	  "check --client-id, --username, the claim aud, the key that the server has, and this machine's clock" }
#define ADVICE_INVALID_SCOPE \
	{ SERVER_OTHER, "invalid_scope", NULL, "the server does not know a scope, or did not grant it to the client", \
	  "check the scope, and grant it to the client" }
#define ADVICE_UNAUTHORIZED_CLIENT \
	{ SERVER_OTHER, "unauthorized_client", NULL, "the client may not use this grant", \
	  "allow it in the client's settings" }
#define ADVICE_UNSUPPORTED_GRANT \
	{ SERVER_OTHER, "unsupported_grant_type", NULL, "the server does not offer this grant", \
	  "check --grant and the token endpoint" }
#define ADVICE_INVALID_REQUEST \
	{ SERVER_OTHER, "invalid_request", NULL, "the request lacks a field, or has one that the server refuses", \
	  "compare what \"p11bearer servers NAME\" says is sent with the server's documentation" }

#endif
