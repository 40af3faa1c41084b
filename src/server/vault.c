/* SPDX-License-Identifier: Apache-2.0 */
/* Vault and OpenBao: login with the auth method jwt. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	{ SERVER_OTHER, NULL, "role ... could not be found|missing role|role ... not found",
	  "the auth method has no such role", "check --form role=… and --set mount=…" },
	{ SERVER_SIGNATURE, NULL, WORDS_SIGNATURE "|verify* ... signature|no known key",
	  "the signature is not by a key that the auth method has",
	  "add this key's public key to its jwt_validation_pubkeys, or its JWK to the JWKS" },
	{ SERVER_OTHER, NULL, "bound claim*|bound issuer/subject/audience|issuer/iss/sub/subject claim|claim ... not",
	  "a claim is not what the role or the auth method demands",
	  "compare --client-id (iss), --username (sub), --audience and --claim with bound_issuer, bound_subject, "
	  "bound_audiences and bound_claims" },
	{ SERVER_OTHER, NULL, "permission denied", "Vault refuses the login", "check --set mount=… and --form role=…" },
};

const struct server server_vault = {
	.name = "vault",
	.title = "Vault",
	.party = "Vault",
	.grant = SERVER_JSON,
	.token_url = "{instance-url}/v1/auth/{mount}/login",
	.username = "{@client-id}",
	.audience = "{instance-url}",
	.iat = "0",
	.lifetime = 300,
	.headers = { { "kid", "{@kid}" } },
	.set = { { "mount", "jwt" } },
	.required = "client-id instance-url form.role",
	.algs = ALGS_RS | ALGS_PS | ALGS_ES,
	.assertion_member = "jwt",
	.answer_token = "auth.client_token",
	.answer_lifetime = "auth.lease_duration",
	.variables = { { "VAULT_TOKEN", "{bearer}" }, { "VAULT_ADDR", "{site}" } },
	ADVICE(advice),
};
