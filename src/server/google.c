/* SPDX-License-Identifier: Apache-2.0 */
/* Google: service accounts, with an exchange (AIP-4112) and without (AIP-4111). */
#include "server/rows.h"

static const struct server_advice advice[] = {
	/* Google retries these itself, even with status 400. */
	{ SERVER_TRANSIENT, "internal_failure server_error temporarily_unavailable", NULL,
	  "Google has an internal problem", "wait and try again" },
	{ SERVER_TOO_NEW, NULL, "short lived token",
	  "by Google's clock, iat and exp are not within one hour",
	  "set this machine's clock (NTP), and give a --lifetime of at most 3600" },
	{ SERVER_SIGNATURE, NULL, "invalid jwt signature",
	  "the signature is not by a key of this service account: its certificate was not uploaded, or the key was "
	  "deleted", "upload the key's certificate with \"gcloud iam service-accounts keys upload\"" },
	{ SERVER_OTHER, NULL, "account not found|invalid email",
	  "there is no such service account, or no such user", "check --client-id and --username" },
	{ SERVER_OTHER, "unauthorized_client", NULL,
	  "the service account may not act for this user with this scope",
	  "add its client ID with exactly this scope to the domain-wide delegation of the user's Workspace" },
	{ SERVER_OTHER, "invalid_scope", NULL, "Google does not know a scope, or there is none",
	  "check --claim scope=…: full URLs, separated by blanks" },
	ADVICE_INVALID_GRANT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_google = {
	.name = "google",
	.title = "Google",
	.party = "Google",
	.token_url = "https://oauth2.googleapis.com/token",
	.username = "none",
	.audience = "https://oauth2.googleapis.com/token",
	.iat = "0",
	.no_jti = true,
	.headers = { { "typ", "JWT" } },
	.required = "client-id claim.scope",
	.algs = ALG_BIT(ALG_RS256),
	.lifetime_max = 3600,
	.hosts = "*.googleapis.com *.pkg.dev gcr.io *.gcr.io source.developers.google.com",
	.login = "oauth2accesstoken",
	.variables = { { "GOOGLE_OAUTH_ACCESS_TOKEN", "{bearer}" }, { "CLOUDSDK_AUTH_ACCESS_TOKEN", "{bearer}" } },
	ADVICE(advice),
};

const struct server server_google_self_signed = {
	.name = "google-self-signed",
	.title = "Google, without an exchange",
	.party = "Google",
	.grant = SERVER_NONE,
	.username = "{@client-id}",
	.iat = "0",
	.no_jti = true,
	.headers = { { "typ", "JWT" } },
	.required = "client-id audience header.kid",
	.algs = ALG_BIT(ALG_RS256),
	.lifetime_max = 3600,
	.hosts = "*.googleapis.com",
	.variables = { { "GOOGLE_OAUTH_ACCESS_TOKEN", "{bearer}" }, { "CLOUDSDK_AUTH_ACCESS_TOKEN", "{bearer}" } },
};
