/* SPDX-License-Identifier: Apache-2.0 */
/* Snowflake: key pair authentication. The JWT is the bearer. */
#include "server/rows.h"

static const struct server_advice advice[] = {
	{ SERVER_SIGNATURE, "394304", "fingerprint mismatch",
	  "the public key's fingerprint is not one of the user's RSA_PUBLIC_KEY_FP",
	  "register the key with ALTER USER … SET RSA_PUBLIC_KEY, and compare with DESC USER" },
	{ SERVER_EXPIRED, "394301", "jwt ... expired", "the JWT has expired by Snowflake's clock",
	  "set this machine's clock (NTP)" },
	{ SERVER_TOO_NEW, "394302 394303", "not yet valid",
	  "by Snowflake's clock, the JWT is not valid yet, or its exp is too far ahead",
	  "set this machine's clock (NTP), and give a --lifetime of at most 3600" },
	{ SERVER_OTHER, "394305", "algorithm", "Snowflake does not accept the algorithm",
	  "choose RS256, or for an EC key ES256, ES384 or ES512, with --alg" },
	{ SERVER_ASSERTION, "390144 394300 394306", "jwt token is invalid|invalid jwt",
	  "Snowflake does not accept the JWT", "check --set account=… and --set user=…, and the user's public keys" },
};

#define ACCOUNT_AND_USER "{account:snowflake-account}.{user:upper}"

const struct server server_snowflake = {
	.name = "snowflake",
	.title = "Snowflake",
	.party = "Snowflake",
	.grant = SERVER_NONE,
	.client_id = ACCOUNT_AND_USER ".SHA256:{@spki}",
	.username = ACCOUNT_AND_USER,
	.audience = "none",
	.iat = "0",
	.no_jti = true,
	.required = "set.account set.user",
	.algs = ALG_BIT(ALG_RS256) | ALGS_ES,
	.lifetime_max = 3600,
	.hosts = "{account}.snowflakecomputing.com",
	ADVICE(advice),
};
