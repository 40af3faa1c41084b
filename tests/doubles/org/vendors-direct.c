/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that take the JWT as a bearer or in a JSON object: token endpoints, and APIs that need no other bearer. */
#include "vendor.h"

#define GITHUB(message) \
	"{\"message\":\"" message "\",\"documentation_url\":\"https://docs.github.com/rest\",\"status\":\"401\"}"
#define SNOWFLAKE(code, message) \
	"{\"data\":null,\"code\":\"" code "\",\"message\":\"" message "\",\"success\":false,\"headers\":null}"
#define GOOGLE(message) "{\"error\":{\"code\":401,\"message\":\"" message "\",\"status\":\"UNAUTHENTICATED\"}}"
#define SNOWFLAKE_NAME "[A-Z0-9_-]+"

const struct vendor vendors_direct[] = {
	{
		.name = "github-app", .hosts = "api.github.com", .path = "/app/installations/*/access_tokens",
		.carrier = CARRIER_BEARER, .algorithms = "RS256", .ahead_max = 600, .status = 201,
		.answer = "{\"token\":\"<bearer>\",\"expires_at\":\"<in-an-hour>\",\"permissions\":{\"contents\":\"read\","
			"\"metadata\":\"read\"},\"repository_selection\":\"all\"}",
		.on_expired = "github-expired", .on_ahead = "github-ahead", .on_issued = "github-issued",
		.rules = {
			{ PLACE_LINE, "User-Agent", ".+", "github-agent" },
			{ PLACE_LINE, "Accept", "application/(vnd[.]github[+])?json", "github-accept" },
			{ PLACE_FIELD, "?repositories", "\\[.+\\]", "github-repository" },
			{ PLACE_CLAIM, "iss", "<client-id>", "github-issuer" },
			{ PLACE_CLAIM, "iat", "[0-9]+", "github-issued" },
		},
		.refusals = {
			OWN("github-jwt", 401, GITHUB("A JSON web token could not be decoded")),
			OWN("github-expired", 401, GITHUB("'Expiration time' claim ('exp') must be a numeric value representing the future "
				"time at which the assertion expires")),
			OWN("github-ahead", 401, GITHUB("'Expiration time' claim ('exp') is too far in the future")),
			OWN("github-issued", 401, GITHUB("'Issued at' claim ('iat') must be an Integer representing the time that the "
				"assertion was issued")),
			OWN("github-issuer", 401, GITHUB("'Issuer' claim ('iss') must be an Integer")),
			OWN("github-installation", 404, "{\"message\":\"Not Found\",\"documentation_url\":"
				"\"https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app\",\"status\":\"404\"}"),
			OWN("github-repository", 422, "{\"message\":\"There is at least one repository that does not exist or is not "
				"accessible to the parent installation.\",\"documentation_url\":\"https://docs.github.com/rest\"}"),
			OWN("github-errors", 422, "{\"message\":\"Validation Failed\",\"errors\":[{\"resource\":\"Installation\",\"code\":"
				"\"invalid\",\"message\":\"The permissions requested are not granted to this installation.\"}]}"),
			OWN("github-agent", 403, "{\"message\":\"Request forbidden by administrative rules. Please make sure your request "
				"has a User-Agent header.\"}"),
			OWN("github-accept", 415, "{\"message\":\"Must accept 'application/json'\"}"),
		},
	},
	{
		.name = "vault", .hosts = "*.example.com", .path = "/v1/auth/*/login", .carrier = CARRIER_JSON,
		.algorithms = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512", .status = 200,
		.answer = "{\"request_id\":\"0a9f\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\"data\":null,"
			"\"wrap_info\":null,\"warnings\":null,\"auth\":{\"client_token\":\"<bearer>\",\"accessor\":\"0a9f\",\"policies\":"
			"[\"default\"],\"metadata\":{\"role\":\"<field.role>\"},\"lease_duration\":3600,\"renewable\":true,"
			"\"token_type\":\"service\",\"orphan\":true}}",
		.on_expired = "vault-expired",
		.rules = {
			{ PLACE_FIELD, "role", ".+", "vault-role" },
			{ PLACE_CLAIM, "?aud", "<audience>", "vault-audience" },
			{ PLACE_CLAIM, "?sub", "<username>", "vault-subject" },
		},
		.refusals = {
			OWN("vault-signature", 400, "{\"errors\":[\"error validating token: error verifying token signature: no known key "
				"successfully validated the token signature\"]}"),
			OWN("vault-role", 400, "{\"errors\":[\"role \\\"nobody\\\" could not be found\"]}"),
			OWN("vault-audience", 400, "{\"errors\":[\"error validating token: invalid audience (aud) claim: audience claim "
				"does not match any bound audience\"]}"),
			OWN("vault-subject", 400, "{\"errors\":[\"error validating token: sub claim does not match bound subject\"]}"),
			OWN("vault-expired", 400, "{\"errors\":[\"error validating token: invalid expiration time (exp) claim: token is "
				"expired\"]}"),
		},
	},
	{
		.name = "google-self-signed", .hosts = "*.googleapis.com", .path = "*", .carrier = CARRIER_BEARER, .is_api = true,
		.algorithms = "RS256", .span_max = 3600, .status = 200, .answer = "{\"topics\":[]}",
		.rules = {
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_HEADER, "kid", ".+", NULL },
			{ PLACE_CLAIM, "iss", "<client-id>", NULL },
			{ PLACE_CLAIM, "sub", "<client-id>", NULL },
			{ PLACE_CLAIM, "aud|scope", "<origin>/|https://www[.]googleapis[.]com/auth/.+", NULL },
			{ PLACE_CLAIM, "iat", "[0-9]+", NULL },
		},
		.refusals = {
			OWN("google-api", 401, GOOGLE("Request had invalid authentication credentials. Expected OAuth 2 access token, login "
				"cookie or other valid authentication credential.")),
		},
	},
	{
		.name = "snowflake", .hosts = "*.snowflakecomputing.com", .path = "/api/*", .carrier = CARRIER_BEARER, .is_api = true,
		.algorithms = "RS256 ES256 ES384 ES512", .ahead_max = 3600, .status = 200,
		.answer = "{\"code\":\"090001\",\"message\":\"Statement executed successfully.\",\"data\":[[\"1\"]]}",
		.on_signature = "snowflake-invalid", .on_expired = "snowflake-expired", .on_ahead = "snowflake-expired",
		.on_issued = "snowflake-early",
		.rules = {
			{ PLACE_LINE, "X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT", "snowflake-type" },
			{ PLACE_CLAIM, "sub", SNOWFLAKE_NAME "[.]" SNOWFLAKE_NAME, NULL },
			{ PLACE_CLAIM, "iss", "<claim.sub>[.]SHA256:<spki>", "snowflake-fingerprint" },
			{ PLACE_CLAIM, "iat", "[0-9]+", NULL },
		},
		.refusals = {
			OWN("snowflake-invalid", 401, SNOWFLAKE("390144", "JWT token is invalid. [0b1f4c1e-7a2d-4a39-9d3c-5f0c8a6e2b00]")),
			OWN("snowflake-fingerprint", 401, SNOWFLAKE("394304", "JWT token is invalid: the fingerprint does not match.")),
			OWN("snowflake-expired", 401, SNOWFLAKE("394301", "JWT token is invalid: it has expired.")),
			OWN("snowflake-early", 401, SNOWFLAKE("394302", "JWT token is invalid: it is not yet valid.")),
			OWN("snowflake-type", 401, SNOWFLAKE("390303", "Invalid OAuth access token.")),
		},
	},
	{ .name = NULL },
};
