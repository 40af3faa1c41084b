/* SPDX-License-Identifier: Apache-2.0 */
/* SMART Backend Services, of health records; Epic and NHS England are such servers. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_CLOCK,
	{ SERVER_OTHER, NULL, WORDS_AUDIENCE,
	  "the claim aud is not the token endpoint's URL, byte by byte",
	  "check --token-url: it is token_endpoint in the server's .well-known/smart-configuration" },
	ADVICE_SIGNATURE,
	{ SERVER_OTHER, NULL, "invalid iss/sub", "the server does not know the client",
	  "check --client-id" },
	{ SERVER_ASSERTION, "invalid_client", NULL,
	  "the server does not accept the assertion: kid, jti, exp, aud or key (Epic gives no reason, and takes hours "
	  "to know a new key)",
	  "check that the client's JWKS has the output of \"p11bearer jwk\" with this kid, --client-id, --token-url, "
	  "--alg (NHS England: RS512) and this machine's clock" },
	ADVICE_INVALID_SCOPE,
	ADVICE_UNAUTHORIZED_CLIENT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_smart = {
	.name = "smart",
	.title = "SMART Backend Services",
	.party = "the server",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.username = "{@client-id}",
	.audience = "{@token-url}",
	.alg = ALG_RS384,
	.headers = { { "typ", "JWT" }, { "kid", "{@kid}" } },
	.required = "client-id token-url form.scope",
	.algs = ALG_BIT(ALG_RS384) | ALG_BIT(ALG_ES384) | ALG_BIT(ALG_RS512), /* RS512: NHS England */
	.lifetime_max = 300,
	ADVICE(advice),
};
