/* SPDX-License-Identifier: Apache-2.0 */
/* Okta: client credentials of a service app. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_DPOP,
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	{ SERVER_ASSERTION, "invalid_client", NULL,
	  "the app has no key with this kid, the signature is not by that key, or the claim aud is not the token "
	  "endpoint's URL",
	  "register the output of \"p11bearer jwk\" with the app, which must use public keys and not a secret; check "
	  "--client-id and --instance-url" },
	{ SERVER_OTHER, "invalid_scope", NULL, "a scope is not granted to the app",
	  "grant it on the app's page (Okta API Scopes), or in the policy of the authorization server" },
	ADVICE_UNAUTHORIZED_CLIENT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_okta = {
	.name = "okta",
	.title = "Okta",
	.party = "Okta",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.token_url = "{instance-url}/oauth2/v1/token",
	.username = "{@client-id}",
	.audience = "{@token-url}",
	.iat = "0",
	.lifetime = 300,
	.headers = { { "kid", "{@kid}" } },
	.required = "client-id instance-url form.scope",
	.algs = ALGS_RS | ALGS_ES,
	.lifetime_max = 3600,
	ADVICE(advice),
};
