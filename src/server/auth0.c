/* SPDX-License-Identifier: Apache-2.0 */
/* Auth0: client credentials for an API. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	ADVICE_SIGNATURE,
	{ SERVER_ASSERTION, "invalid_client", NULL, "Auth0 does not accept the assertion as this application's",
	  "check --client-id, that the application authenticates with a private key JWT, that it has this key's public "
	  "key, and that --alg is the algorithm chosen for it there" },
	{ SERVER_OTHER, "access_denied", NULL, "the application may not use this API, or there is no such API",
	  "check --form audience=…, and authorize the application for the API" },
	ADVICE_UNAUTHORIZED_CLIENT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_auth0 = {
	.name = "auth0",
	.title = "Auth0",
	.party = "Auth0",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.token_url = "{instance-url}/oauth/token",
	.username = "{@client-id}",
	.audience = "{instance-url}/",
	.iat = "0",
	.required = "client-id instance-url form.audience",
	.algs = ALG_BIT(ALG_RS256) | ALG_BIT(ALG_RS384) | ALG_BIT(ALG_PS256),
	.lifetime_max = 300,
	ADVICE(advice),
};
