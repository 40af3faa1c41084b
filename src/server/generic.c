/* SPDX-License-Identifier: Apache-2.0 */
/* Any server of RFC 7523: what it wants beyond that, the settings say. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	ADVICE_DPOP,
	ADVICE_CLOCK,
	ADVICE_AUDIENCE,
	ADVICE_SIGNATURE,
	{ SERVER_OTHER, NULL, WORDS_REPLAYED, "the server has seen this assertion's jti",
	  "let the program set jti" },
	ADVICE_INVALID_CLIENT,
	ADVICE_INVALID_GRANT,
	ADVICE_INVALID_SCOPE,
	ADVICE_UNAUTHORIZED_CLIENT,
	ADVICE_UNSUPPORTED_GRANT,
	ADVICE_INVALID_REQUEST,
};

const struct server server_generic = {
	.name = "generic",
	.title = "a server of RFC 7523",
	.party = "the server",
	.username = "{@client-id}",
	.audience = "{@token-url}",
	.iat = "0",
	.lifetime = 300,
	.required = "client-id token-url",
	ADVICE(advice),
};
