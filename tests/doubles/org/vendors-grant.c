/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that take the assertion as a grant (RFC 7523 section 2.1). */
#include "vendor.h"

#define BEARER "{\"access_token\":\"<bearer>\",\"token_type\":\"Bearer\","
#define ERROR(name, description) "{\"error\":\"" name "\",\"error_description\":\"" description "\"}"
#define MASKINPORTEN(name, words, code) \
	"{\"error\":\"" name "\",\"error_description\":\"" words " (correlation_id: 6d1e5ce5f1f3a3f5)\"," \
	"\"error_uri\":\"https://docs.digdir.no/docs/Maskinporten/maskinporten_feilmeldinger#" code "\"}"

#define MASKINPORTEN_HOSTS "maskinporten.no test.maskinporten.no"

static const char rsa[] = "RS256 RS384 RS512";
static const char all[] = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512";

const struct vendor vendors_grant[] = {
	{
		.name = "salesforce-site", .hosts = "*.my.site.com *.example.com", .path = "*/services/oauth2/token",
		.algorithms = "RS256", .ahead_max = 300, .jti_once = true, .on_signature = "site-client",
		.on_expired = "site-expired", .status = 200,
		.answer = BEARER "\"scope\":\"api\",\"sfdc_community_url\":\"<claim.aud>\",\"sfdc_community_id\":"
			"\"0DB000000000001GAA\",\"instance_url\":\"<origin>\","
			"\"id\":\"<origin>/id/00D000000000001EAA/005000000000001AAA\"}",
		.rules = {
			{ PLACE_CLAIM, "iss", "<client-id>", "site-client" },
			{ PLACE_CLAIM, "sub", "<username>", "site-user" },
			{ PLACE_CLAIM, "aud", "<audience>", "site-audience" },
		},
		.refusals = {
			OWN("site-assertion", 400, ERROR("invalid_grant", "invalid assertion")),
			OWN("site-audience", 400, ERROR("invalid_grant", "audience is invalid")),
			OWN("site-client", 400, ERROR("invalid_client", "invalid client credentials")),
			OWN("site-user", 400, ERROR("invalid_grant", "user hasn't approved this consumer")),
			OWN("site-expired", 400, ERROR("invalid_grant", "expired authorization code")),
		},
	},
	{
		.name = "google", .hosts = "oauth2.googleapis.com", .path = "/token", .algorithms = "RS256",
		.span_max = 3600, .on_expired = "google-time", .on_ahead = "google-time", .on_issued = "google-time",
		.status = 200, .answer = BEARER "\"expires_in\":3599}",
		.rules = {
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_CLAIM, "iss", "<client-id>", "google-account" },
			{ PLACE_CLAIM, "?sub", "<username>", "google-delegation" },
			{ PLACE_CLAIM, "aud", "<url>|https://oauth2[.]googleapis[.]com/token", "google-audience" },
			{ PLACE_CLAIM, "scope", "[^ ]+( [^ ]+)*", "google-scope" },
			{ PLACE_CLAIM, "iat", "[0-9]+", "google-time" },
		},
		.refusals = {
			OWN("google-signature", 400, ERROR("invalid_grant", "Invalid JWT Signature.")),
			OWN("google-time", 400, ERROR("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) "
				"and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")),
			OWN("google-account", 400, ERROR("invalid_grant", "Invalid grant: account not found")),
			OWN("google-audience", 400, ERROR("invalid_grant", "Invalid JWT: Failed audience check.")),
			OWN("google-delegation", 401, ERROR("unauthorized_client", "Client is unauthorized to retrieve access tokens "
				"using this method, or client not authorized for any of the scopes requested.")),
			OWN("google-scope", 400, ERROR("invalid_scope", "Invalid OAuth scope or ID token audience provided.")),
			OWN("google-internal", 400, "{\"error\":\"internal_failure\"}"),
			OWN("google-unavailable", 400, "{\"error\":\"temporarily_unavailable\"}"),
		},
	},
	{
		.name = "docusign", .hosts = "account.docusign.com account-d.docusign.com", .path = "/oauth/token",
		.userinfo = "/oauth/userinfo", .algorithms = "RS256", .ahead_max = 3600, .status = 200,
		.answer = BEARER "\"expires_in\":3600,\"scope\":\"signature impersonation\"}",
		.on_expired = "docusign-time", .on_ahead = "docusign-time", .on_issued = "docusign-time",
		.rules = {
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_CLAIM, "iss", "<client-id>", "docusign-issuer" },
			{ PLACE_CLAIM, "?sub", "<username>", "docusign-user" },
			{ PLACE_CLAIM, "aud", "account(-d)?[.]docusign[.]com", "docusign-issuer" },
			{ PLACE_CLAIM, "scope", "signature impersonation", "docusign-consent" },
			{ PLACE_CLAIM, "iat", "[0-9]+", "docusign-time" },
		},
		.refusals = {
			OWN("docusign-signature", 400, ERROR("invalid_grant", "no_valid_keys_or_signatures")),
			OWN("docusign-issuer", 400, ERROR("invalid_grant", "issuer_not_found")),
			OWN("docusign-user", 400, ERROR("invalid_grant", "user_not_found")),
			OWN("docusign-consent", 400, "{\"error\":\"consent_required\"}"),
			OWN("docusign-time", 400, ERROR("invalid_grant", "expired_client_assertion")),
		},
	},
	{
		.name = "box", .hosts = "api.box.com", .path = "/oauth2/token", .algorithms = rsa, .ahead_max = 60,
		.jti_once = true, .on_expired = "box-exp", .on_ahead = "box-exp", .on_replay = "box-jti", .status = 200,
		.answer = "{\"access_token\":\"<bearer>\",\"expires_in\":4169,\"restricted_to\":[],\"token_type\":\"bearer\"}",
		.rules = {
			{ PLACE_FIELD, "client_id", "<client-id>", "box-client" },
			{ PLACE_FIELD, "client_secret", "<client-secret>", "box-secret" },
			{ PLACE_HEADER, "kid", ".+", "box-kid" },
			{ PLACE_CLAIM, "iss", "<client-id>", "box-client" },
			{ PLACE_CLAIM, "sub", "<username>", "box-sub" },
			{ PLACE_CLAIM, "box_sub_type", "enterprise|user", "box-sub" },
			{ PLACE_CLAIM, "aud", "https://api[.]box[.]com/oauth2/token", "box-aud" },
			{ PLACE_CLAIM, "jti", ".{16,128}", "box-jti" },
		},
		.refusals = {
			OWN("box-unauthorized", 400, ERROR("unauthorized_client", "This app is not authorized by the enterprise admin")),
			OWN("box-client", 400, ERROR("invalid_client", "The client credentials are invalid")),
			OWN("box-secret", 400, ERROR("invalid_client", "The client credentials are invalid")),
			OWN("box-kid", 400, ERROR("invalid_grant", "OAuth JWT signature verification failed: the 'kid' is unknown")),
			OWN("box-sub", 400, ERROR("invalid_grant", "Please check the 'sub' claim. The 'sub' specified is invalid.")),
			OWN("box-aud", 400, ERROR("invalid_grant", "Please check the 'aud' claim. The 'aud' specified is invalid.")),
			OWN("box-exp", 400, ERROR("invalid_grant", "Please check the 'exp' claim. The 'exp' specified is invalid.")),
			OWN("box-jti", 400, ERROR("invalid_grant", "Please check the 'jti' claim. A unique 'jti' value is required.")),
		},
	},
	{
		.name = "maskinporten", .hosts = MASKINPORTEN_HOSTS, .path = "/token", .algorithms = rsa, .span_max = 120,
		.jti_once = true, .no_other_claims = true, .on_replay = "maskinporten-012", .status = 200,
		.answer = BEARER "\"expires_in\":119,\"scope\":\"<claim.scope>\"}",
		.rules = {
			{ PLACE_HEADER, "x5c|kid", NULL, NULL },
			{ PLACE_HEADER, "?x5c", "<x5c>", "maskinporten-123" },
			{ PLACE_CLAIM, "aud", "<origin>/|https://(test[.])?maskinporten[.]no/", "maskinporten-110" },
			{ PLACE_CLAIM, "iss", "<client-id>", "maskinporten-100" },
			{ PLACE_CLAIM, "scope", ".+", "maskinporten-scope" },
			{ PLACE_CLAIM, "iat", "[0-9]+", NULL },
			{ PLACE_CLAIM, "exp", "[0-9]+", NULL },
			{ PLACE_CLAIM, "?jti", ".+", NULL },
			{ PLACE_CLAIM, "?resource", NULL, NULL },
			{ PLACE_CLAIM, "?consumer_org", "[0-9]{9}", "maskinporten-122" },
			{ PLACE_CLAIM, "?pid", "[0-9]{11}", NULL },
		},
		.refusals = {
			OWN("maskinporten-assertion", 400, ERROR("invalid_grant", "Invalid assertion")),
			OWN("maskinporten-012", 400, MASKINPORTEN("invalid_grant", "MP-012: Reused assertion.", "MP-012")),
			OWN("maskinporten-100", 400, MASKINPORTEN("invalid_client", "MP-100: Client authentication failed.", "MP-100")),
			OWN("maskinporten-110", 400, MASKINPORTEN("invalid_grant", "MP-110: Invalid audience.", "MP-110")),
			OWN("maskinporten-120", 400, MASKINPORTEN("invalid_grant", "MP-120: Invalid certificate.", "MP-120")),
			OWN("maskinporten-121", 400, MASKINPORTEN("invalid_grant", "MP-121: The key is too old.", "MP-121")),
			OWN("maskinporten-122", 400, MASKINPORTEN("invalid_grant", "MP-122: Wrong organization number.", "MP-122")),
			OWN("maskinporten-123", 400, MASKINPORTEN("invalid_grant", "MP-123: x5c is not an array.", "MP-123")),
			OWN("maskinporten-scope", 400, ERROR("invalid_scope", "Client has no access to the scope")),
		},
	},
	{
		.name = "keycloak-grant", .hosts = "*.example.com", .path = "/realms/*/protocol/openid-connect/token",
		.userinfo = "/realms/*/protocol/openid-connect/userinfo",
		.algorithms = all, .ahead_max = 300, .jti_once = true, .status = 200,
		.answer = BEARER "\"expires_in\":300,\"refresh_expires_in\":0,\"not-before-policy\":0,\"scope\":\"profile email\"}",
		.on_replay = "keycloak-grant-reuse",
		.rules = {
			{ PLACE_FIELD, "?client_secret", "<client-secret>", "keycloak-grant-client" },
			{ PLACE_CLAIM, "iss", ".+", NULL },
			{ PLACE_CLAIM, "sub", "<username>", "keycloak-grant-user" },
			{ PLACE_CLAIM, "aud", "<url>|<origin>/realms/[^/]+", "keycloak-grant-audience" },
		},
		.refusals = {
			OWN("keycloak-grant-signature", 400, ERROR("invalid_grant", "Invalid signature")),
			OWN("keycloak-grant-client", 401, ERROR("invalid_client", "Invalid client or Invalid client credentials")),
			OWN("keycloak-grant-user", 400, ERROR("invalid_grant", "User not found")),
			OWN("keycloak-grant-audience", 400, ERROR("invalid_grant", "Invalid token audience")),
			OWN("keycloak-grant-reuse", 400, ERROR("invalid_grant", "Token reuse detected")),
		},
	},
	{
		.name = "generic", .hosts = "*.example.com", .path = "*/token", .algorithms = all, .jti_once = true,
		.status = 200, .answer = BEARER "\"expires_in\":3600}",
		.rules = {
			{ PLACE_CLAIM, "iss", "<client-id>", "generic-client" },
			{ PLACE_CLAIM, "?sub", "<username>", NULL },
			{ PLACE_CLAIM, "aud", "<audience>", NULL },
		},
		.refusals = {
			OWN("generic-grant", 400, ERROR("invalid_grant", "The assertion is not valid.")),
			OWN("generic-client", 401, ERROR("invalid_client", "The client is unknown.")),
		},
	},
	{ .name = NULL },
};
