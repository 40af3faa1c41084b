/* SPDX-License-Identifier: Apache-2.0 */
/* DocuSign: the JWT grant, for a user. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_OTHER, "consent_required", "consent required", "the user has not yet consented to the app",
	  "have the user once open, on the host of --audience, "
	  "/oauth/auth?response_type=code&scope=signature%20impersonation&client_id=…&redirect_uri=…" },
	{ SERVER_OTHER, NULL, "issuer not found",
	  "this environment does not know the integration key, or the claim aud is not its host",
	  "check --client-id; for the developers' environment, give --audience account-d.docusign.com" },
	{ SERVER_SIGNATURE, NULL, "no valid keys or signatures",
	  "the signature is not by a key of this app", "upload this key's public key to the app" },
	{ SERVER_OTHER, NULL, "user not found", "there is no such user",
	  "give the user's ID, a GUID, with --username" },
	ADVICE_CLOCK,
	ADVICE_INVALID_GRANT,
	ADVICE_INVALID_SCOPE,
	ADVICE_INVALID_REQUEST,
};

const struct server server_docusign = {
	.name = "docusign",
	.title = "DocuSign",
	.party = "DocuSign",
	.token_url = "https://{audience}/oauth/token",
	.audience = "account.docusign.com",
	.iat = "0",
	.no_jti = true,
	.claims = { { "scope", "signature impersonation" } },
	.headers = { { "typ", "JWT" } },
	.required = "client-id username",
	.algs = ALG_BIT(ALG_RS256),
	.lifetime_max = 3600,
	.userinfo_url = "https://{audience}/oauth/userinfo",
	.hosts = "*.docusign.com *.docusign.net",
	ADVICE(advice),
};
