/* SPDX-License-Identifier: Apache-2.0 */
/* Keycloak: client credentials, and the JWT authorization grant (26.5, a preview). */
#include "server/rows.h"

#define REALM "{instance-url}/realms/{realm}"
#define TOKEN_URL REALM "/protocol/openid-connect/token"
#define USERINFO_URL "{site}/realms/{realm}/protocol/openid-connect/userinfo"

static const struct server_advice advice[] = {
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	ADVICE_SIGNATURE,
	{ SERVER_ASSERTION, "invalid_client unauthorized_client", NULL,
	  "Keycloak does not accept the assertion as this client's, or the client may not use this grant",
	  "check --client-id, that the client authenticates with a signed JWT and has this key's certificate or JWKS "
	  "URL (then give --header kid=@kid), that --alg is not excluded there, and that it has a service account" },
	ADVICE_INVALID_SCOPE,
	ADVICE_INVALID_REQUEST,
};

const struct server server_keycloak = {
	.name = "keycloak",
	.title = "Keycloak",
	.party = "Keycloak",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.token_url = TOKEN_URL,
	.username = "{@client-id}",
	.audience = REALM,
	.iat = "0",
	.required = "client-id instance-url set.realm",
	.algs = ALGS_RS | ALGS_PS | ALGS_ES,
	.lifetime_max = 60,
	.userinfo_url = USERINFO_URL,
	ADVICE(advice),
};

static const struct server_advice grant_advice[] = {
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	ADVICE_SIGNATURE,
	{ SERVER_OTHER, "invalid_client unauthorized_client", NULL,
	  "Keycloak does not accept this client and its secret, or the client may not use this grant",
	  "check --form client_id=… and client_secret, and switch the grant on for the client" },
	{ SERVER_ASSERTION, "invalid_grant", NULL, "Keycloak does not accept the assertion",
	  "check that an identity provider has --client-id as its issuer, this key with the kid that is sent, and a "
	  "user linked to --username, and that the client may use that provider" },
	ADVICE_INVALID_SCOPE,
	ADVICE_UNSUPPORTED_GRANT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_keycloak_grant = {
	.name = "keycloak-grant",
	.title = "Keycloak, for a user",
	.party = "Keycloak",
	.token_url = TOKEN_URL,
	.audience = REALM,
	.iat = "0",
	.lifetime = 60, /* the identity provider's settings limit it */
	.headers = { { "kid", "{@kid}" } },
	.required = "client-id username instance-url set.realm form.client_id form.client_secret",
	.algs = ALGS_RS | ALGS_PS | ALGS_ES,
	.userinfo_url = USERINFO_URL,
	ADVICE(grant_advice),
};
