/* SPDX-License-Identifier: Apache-2.0 */
/* Maskinporten: Norwegian organisations, with an enterprise certificate. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_OTHER, NULL, "mp 100", "Maskinporten does not know the client, or the claim aud is another server's",
	  "check --client-id; for the test environment, give --set host=test.maskinporten.no" },
	{ SERVER_OTHER, NULL, "mp 110", "the claim aud is not Maskinporten's issuer, which ends with a slash",
	  "remove --audience; for the test environment, give --set host=test.maskinporten.no" },
	{ SERVER_SIGNATURE, NULL, "mp 120", "Maskinporten does not accept the certificate",
	  "give this key's enterprise certificate, followed by its issuers, with --certificate" },
	{ SERVER_OTHER, NULL, "mp 121", "the key was registered more than a year ago", "register a new key" },
	{ SERVER_OTHER, NULL, "mp 122", "the certificate is another organisation's",
	  "use a certificate of the organisation that owns the client" },
	{ SERVER_OTHER, NULL, "mp 123", "the header field x5c is not an array", "let the program set x5c" },
	{ SERVER_OTHER, NULL, "mp 012|" WORDS_REPLAYED, "Maskinporten has seen this assertion's jti",
	  "let the program set jti" },
	ADVICE_CLOCK,
	{ SERVER_OTHER, "invalid_scope", NULL, "the client does not have this scope",
	  "check --claim scope=…, and add the scope to the client" },
	{ SERVER_ASSERTION, "invalid_grant", "invalid assertion", "Maskinporten does not accept the assertion",
	  "check the certificate and this machine's clock, give a --lifetime of at most 120, and remove claims that "
	  "Maskinporten does not define" },
	ADVICE_INVALID_CLIENT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_maskinporten = {
	.name = "maskinporten",
	.title = "Maskinporten",
	.party = "Maskinporten",
	.token_url = "https://{host}/token",
	.username = "none", /* unknown claims are refused */
	.audience = "https://{host}/",
	.iat = "0",
	.headers = { { "x5c", "{@x5c}" } },
	.set = { { "host", "maskinporten.no" } },
	.required = "client-id certificate claim.scope",
	.algs = ALGS_RS,
	.lifetime_max = 120, /* from iat */
	ADVICE(advice),
};
