/* SPDX-License-Identifier: Apache-2.0 */
/* Box: an app's service account, or one of its users. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_TOO_NEW, NULL, "exp", "by Box's clock, the claim exp is not within one minute",
	  "set this machine's clock (NTP), and give a --lifetime of at most 60" },
	{ SERVER_OTHER, NULL, "jti", "Box has seen this jti, or it is not 16 to 128 characters long",
	  "let the program set jti" },
	{ SERVER_OTHER, "unauthorized_client", NULL,
	  "the enterprise has not authorized the app, or the app has no access for --username",
	  "have an administrator authorize the app; for a user, give --claim box_sub_type=user" },
	{ SERVER_OTHER, "invalid_client", NULL, "the client ID or the client secret is wrong",
	  "check --client-id and client_secret" },
	{ SERVER_ASSERTION, "invalid_grant", NULL, "Box does not accept the assertion",
	  "check that --header kid=… is the ID that Box shows for this key's public key, and that --username is the "
	  "enterprise's ID or, with --claim box_sub_type=user, a user's" },
	ADVICE_INVALID_REQUEST,
};

const struct server server_box = {
	.name = "box",
	.title = "Box",
	.party = "Box",
	.token_url = "https://api.box.com/oauth2/token",
	.audience = "https://api.box.com/oauth2/token",
	.claims = { { "box_sub_type", "enterprise" } },
	.form = { { "client_id", "{@client-id}" } },
	.required = "client-id username header.kid form.client_secret",
	.algs = ALGS_RS,
	.lifetime_max = 60,
	.hosts = "*.box.com",
	ADVICE(advice),
};
