/* SPDX-License-Identifier: Apache-2.0 */
/* NetSuite: client credentials with a certificate (machine to machine). */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_CLOCK,
	ADVICE_SIGNATURE,
	{ SERVER_ASSERTION, "invalid_grant invalid_client", NULL, "NetSuite does not accept the assertion",
	  "check that --header kid=… is the certificate's ID in the M2M setup of this account, that the certificate is "
	  "this key's and has not expired, --client-id, and that --alg is PS256 or ES256" },
	{ SERVER_OTHER, "invalid_request", NULL, "the request or the assertion lacks what NetSuite wants",
	  "check --set account=… and --claim scope=…, and that --alg is PS256 or ES256" },
	ADVICE_INVALID_SCOPE,
	ADVICE_UNAUTHORIZED_CLIENT,
};

const struct server server_netsuite = {
	.name = "netsuite",
	.title = "NetSuite",
	.party = "NetSuite",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.token_url = "https://{account}.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token",
	.username = "none",
	.audience = "{@token-url}",
	.iat = "0",
	.no_jti = true,
	.alg = ALG_PS256,
	.claims = { { "scope", "[\"restlets\",\"rest_webservices\"]" } },
	.headers = { { "typ", "JWT" } },
	.required = "client-id set.account header.kid",
	.algs = ALG_BIT(ALG_PS256) | ALG_BIT(ALG_ES256),
	.lifetime_max = 3600,
	.hosts = "{account}.suitetalk.api.netsuite.com {account}.restlets.api.netsuite.com",
	ADVICE(advice),
};
