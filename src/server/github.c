/* SPDX-License-Identifier: Apache-2.0 */
/* GitHub: the installation of a GitHub App. GitHub generates the key: it is imported. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_TOO_NEW, NULL, "expiration time ... too far|exp ... too far",
	  "by GitHub's clock, exp is more than 10 minutes ahead",
	  "set this machine's clock (NTP), and give a --lifetime of at most 600" },
	{ SERVER_TOO_NEW, NULL, "issued at", "by GitHub's clock, the assertion was issued in the future",
	  "set this machine's clock (NTP), or give an earlier --iat" },
	{ SERVER_EXPIRED, NULL, "expiration time ... integer/numeric/past|exp ... past",
	  "the assertion's exp is in the past by GitHub's clock", "set this machine's clock (NTP)" },
	{ SERVER_SIGNATURE, NULL, "could not be decoded", "the signature is not by a key of this app",
	  "check --client-id, and that the app still has the key whose fingerprint is the base64 of "
	  "its public key's SHA-256" },
	{ SERVER_OTHER, NULL, "integration not found|issuer claim", "there is no such app", "check --client-id" },
	{ SERVER_ASSERTION, NULL, "bad credentials", "GitHub does not accept the assertion",
	  "check --client-id and the app's keys; a new key is not known everywhere for some seconds" },
	{ SERVER_OTHER, NULL, "not found", "the app has no such installation", "check --set installation=…" },
	{ SERVER_OTHER, NULL, "suspended", "the installation is suspended", "have its owner resume it" },
	{ SERVER_OTHER, NULL, "permissions/repositories/repository",
	  "the installation does not have these repositories or permissions",
	  "check --form repositories=… and permissions" },
};

const struct server server_github_app = {
	.name = "github-app",
	.title = "GitHub",
	.party = "GitHub",
	.grant = SERVER_BEARER,
	.token_url = "https://api.github.com/app/installations/{installation}/access_tokens",
	.username = "none",
	.audience = "none",
	.iat = "-60",
	.no_jti = true,
	.lifetime = 540, /* a minute less, for clocks that differ */
	.headers = { { "typ", "JWT" } },
	.required = "client-id set.installation",
	.algs = ALG_BIT(ALG_RS256),
	.lifetime_max = 600,
	.header = "Accept: application/vnd.github+json",
	.answer_token = "token",
	.answer_lifetime = "expires_at",
	.hosts = "github.com api.github.com",
	.login = "x-access-token",
	.variables = { { "GH_TOKEN", "{bearer}" }, { "GITHUB_TOKEN", "{bearer}" } },
	ADVICE(advice),
};
