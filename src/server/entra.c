/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft Entra ID: client credentials with a certificate. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_SIGNATURE, NULL, "aadsts700027",
	  "the signature is not by a certificate of this app",
	  "upload the file of --certificate to the app registration (Certificates & secrets), and check that it is "
	  "this key's" },
	{ SERVER_EXPIRED, NULL, "aadsts700024", "by Entra ID's clock, the assertion is not valid now",
	  "set this machine's clock (NTP)" },
	{ SERVER_OTHER, NULL, "aadsts700016", "there is no such app in this tenant",
	  "check --client-id (the application ID) and --set tenant=…" },
	{ SERVER_OTHER, "invalid_scope", "aadsts70011|aadsts1002012", "the scope is not one for an app",
	  "give one resource and /.default, such as --form scope=https://graph.microsoft.com/.default" },
	ADVICE_INVALID_CLIENT,
	ADVICE_UNAUTHORIZED_CLIENT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_entra = {
	.name = "entra",
	.title = "Entra ID",
	.party = "Entra ID",
	.grant = SERVER_CLIENT_CREDENTIALS,
	.token_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
	.username = "{@client-id}",
	.audience = "{@token-url}",
	.iat = "0",
	.nbf = "0",
	.lifetime = 600, /* Microsoft advises five to ten minutes */
	.alg = ALG_PS256,
	.headers = { { "typ", "JWT" }, { "x5t#S256", "{@x5t-s256}" } },
	.form = { { "client_id", "{@client-id}" } },
	.required = "client-id set.tenant certificate form.scope",
	.algs = ALG_BIT(ALG_PS256) | ALG_BIT(ALG_RS256),
	.hosts = "graph.microsoft.com management.azure.com dev.azure.com",
	ADVICE(advice),
};
