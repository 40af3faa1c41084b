/* SPDX-License-Identifier: Apache-2.0 */
/* Servers where the assertion authenticates the client (RFC 7523 section 2.2). */
#include "vendor.h"

#define BEARER "{\"access_token\":\"<bearer>\",\"token_type\":\"Bearer\","
#define ERROR(name, description) "{\"error\":\"" name "\",\"error_description\":\"" description "\"}"
#define ENTRA(name, code, words) \
	"{\"error\":\"" name "\",\"error_description\":\"AADSTS" code ": " words " " \
	"Trace ID: 0b1f4c1e-7a2d-4a39-9d3c-5f0c8a6e2b00 Correlation ID: 5a3e0f1c-2f60-4f0d-8a67-3d7c0d1b9e11 " \
	"Timestamp: 2026-01-01 00:00:00Z\"," \
	"\"error_codes\":[" code "],\"timestamp\":\"2026-01-01 00:00:00Z\"," \
	"\"trace_id\":\"0b1f4c1e-7a2d-4a39-9d3c-5f0c8a6e2b00\"," \
	"\"correlation_id\":\"5a3e0f1c-2f60-4f0d-8a67-3d7c0d1b9e11\"," \
	"\"error_uri\":\"https://login.microsoftonline.com/error?code=" code "\"}"

static const char all[] = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512";

const struct vendor vendors_client[] = {
	{
		.name = "entra", .hosts = "login.microsoftonline.com", .path = "/*/oauth2/v2.0/token", .carrier = CARRIER_CLIENT,
		.algorithms = "PS256 RS256", .on_expired = "entra-700024", .on_issued = "entra-700024", .status = 200,
		.answer = BEARER "\"expires_in\":3599,\"ext_expires_in\":3599}",
		.rules = {
			{ PLACE_FIELD, "client_id", "<client-id>", "entra-700016" },
			{ PLACE_FIELD, "scope", ".+/[.]default", "entra-1002012" },
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_HEADER, "x5t#S256|x5t", "<x5t-s256>|<x5t>", NULL },
			{ PLACE_CLAIM, "iss", "<client-id>", "entra-700016" },
			{ PLACE_CLAIM, "sub", "<client-id>", "entra-700016" },
			{ PLACE_CLAIM, "aud", "<url>", "entra-700023" },
			{ PLACE_CLAIM, "jti", ".+", NULL },
			{ PLACE_CLAIM, "nbf", "[0-9]+", "entra-700024" },
		},
		.refusals = {
			OWN("entra-700027", 401, ENTRA("invalid_client", "700027", "The certificate with identifier used to sign the client "
				"assertion is not registered on application. [Reason - The key was not found.]")),
			OWN("entra-700024", 401, ENTRA("invalid_client", "700024", "Client assertion is not within its valid time range.")),
			OWN("entra-700016", 400, ENTRA("unauthorized_client", "700016", "Application was not found in the directory.")),
			OWN("entra-700023", 401, ENTRA("invalid_client", "700023", "Client assertion audience claim does not match.")),
			OWN("entra-1002012", 400, ENTRA("invalid_scope", "1002012", "The provided value for scope is not valid. Client "
				"credential flows must have a scope value with /.default suffixed to the resource identifier.")),
			OWN("entra-70011", 400, ENTRA("invalid_scope", "70011", "The provided request must include a 'scope' input "
				"parameter.")),
		},
	},
	{
		.name = "okta", .hosts = "*.okta.com *.example.com", .path = "/oauth2/*v1/token", .carrier = CARRIER_CLIENT,
		.algorithms = "RS256 RS384 RS512 ES256 ES384 ES512", .ahead_max = 3600, .jti_once = true, .on_expired = "okta-time",
		.on_ahead = "okta-time", .on_issued = "okta-time", .on_replay = "okta-jti", .status = 200,
		.answer = BEARER "\"expires_in\":3600,\"scope\":\"<field.scope>\"}",
		.rules = {
			{ PLACE_FIELD, "scope", ".+", "okta-scope" },
			{ PLACE_HEADER, "kid", ".+", "okta-kid" },
			{ PLACE_CLAIM, "iss", "<client-id>", "okta-api" },
			{ PLACE_CLAIM, "sub", "<client-id>", "okta-api" },
			{ PLACE_CLAIM, "aud", "<url>", "okta-audience" },
		},
		.refusals = {
			OWN("okta-signature", 401, ERROR("invalid_client", "The client_assertion signature is invalid.")),
			OWN("okta-kid", 401, ERROR("invalid_client", "The client_assertion token has no 'kid'.")),
			OWN("okta-audience", 401, ERROR("invalid_client", "The audience claim for client_assertion must be the endpoint "
				"invoked for the request.")),
			OWN("okta-time", 401, ERROR("invalid_client", "The client_assertion token has an expiration date that is not "
				"within the next 60 minutes.")),
			OWN("okta-jti", 401, ERROR("invalid_client", "The client_assertion token has been used before.")),
			OWN("okta-scope", 400, ERROR("invalid_scope", "One or more scopes are not configured for the authorization server "
				"resource.")),
			OWN("okta-api", 401, "{\"errorCode\":\"invalid_client\",\"errorSummary\":\"Invalid value for 'client_id' "
				"parameter.\",\"errorLink\":\"invalid_client\",\"errorId\":\"oae1XyZ\",\"errorCauses\":[]}"),
			OWN("okta-causes", 403, "{\"errorCode\":\"E0000022\",\"errorSummary\":\"The endpoint does not support the provided "
				"HTTP method\",\"errorLink\":\"E0000022\",\"errorId\":\"oae2XyZ\",\"errorCauses\":[{\"errorSummary\":\"The "
				"feature is off.\"}]}"),
			{ "okta-nonce", 400, "DPoP-Nonce:nonce-of-the-server", "{\"error\":\"use_dpop_nonce\",\"error_description\":"
				"\"Authorization server requires nonce in DPoP proof.\"}", IN_OWN },
			OWN("okta-dpop", 400, ERROR("invalid_dpop_proof", "The DPoP proof JWT header is missing.")),
		},
	},
	{
		.name = "auth0", .hosts = "*.auth0.com *.eu.auth0.com *.example.com", .path = "/oauth/token",
		.carrier = CARRIER_CLIENT, .algorithms = "RS256 RS384 PS256", .ahead_max = 300, .jti_once = true, .status = 200,
		.answer = BEARER "\"expires_in\":86400}", .on_replay = "auth0-jti",
		.rules = {
			{ PLACE_FIELD, "audience", ".+", "auth0-audience" },
			{ PLACE_CLAIM, "iss", "<client-id>", NULL },
			{ PLACE_CLAIM, "sub", "<client-id>", NULL },
			{ PLACE_CLAIM, "aud", "<origin>/", NULL },
			{ PLACE_CLAIM, "jti", ".+", "auth0-jti" },
		},
		.refusals = {
			OWN("auth0-client", 401, ERROR("invalid_client", "Client assertion is not valid.")),
			OWN("auth0-jti", 401, ERROR("invalid_client", "The jti of the client assertion is missing or was used before.")),
			OWN("auth0-audience", 403, ERROR("access_denied", "Non-global clients are not allowed access to APIv1")),
		},
	},
	{
		.name = "keycloak", .hosts = "*.example.com", .path = "/realms/*/protocol/openid-connect/token",
		.userinfo = "/realms/*/protocol/openid-connect/userinfo",
		.carrier = CARRIER_CLIENT, .algorithms = all, .ahead_max = 60, .jti_once = true, .status = 200,
		.answer = BEARER "\"expires_in\":300,\"refresh_expires_in\":0,\"not-before-policy\":0,\"scope\":\"profile email\"}",
		.on_replay = "keycloak-reuse", .on_expired = "keycloak-time", .on_ahead = "keycloak-time",
		.rules = {
			{ PLACE_CLAIM, "iss", "<client-id>", "keycloak-client" },
			{ PLACE_CLAIM, "sub", "<client-id>", "keycloak-client" },
			{ PLACE_CLAIM, "aud", "<url>|<origin>/realms/[^/]+", "keycloak-audience" },
			{ PLACE_CLAIM, "jti", ".+", "keycloak-reuse" },
		},
		.refusals = {
			OWN("keycloak-signature", 401, ERROR("unauthorized_client", "Client authentication with signed JWT failed: "
				"Signature on JWT token failed validation")),
			OWN("keycloak-client", 401, ERROR("invalid_client", "Invalid client or Invalid client credentials")),
			OWN("keycloak-audience", 401, ERROR("invalid_client", "Invalid token audience")),
			OWN("keycloak-time", 401, ERROR("invalid_client", "Token is not active")),
			OWN("keycloak-reuse", 401, ERROR("invalid_client", "Token reuse detected")),
		},
	},
	{
		.name = "smart", .hosts = "*.example.com *.epic.com *.service.nhs.uk", .path = "*/token",
		.carrier = CARRIER_CLIENT, .algorithms = "RS384 ES384", .ahead_max = 300, .jti_once = true, .status = 200,
		.answer = "{\"access_token\":\"<bearer>\",\"token_type\":\"bearer\",\"expires_in\":300,\"scope\":\"<field.scope>\"}",
		.on_expired = "smart-client", .on_replay = "smart-client",
		.rules = {
			{ PLACE_FIELD, "scope", "system/[^ ]+( system/[^ ]+)*", "smart-scope" },
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_HEADER, "kid", ".+", NULL },
			{ PLACE_HEADER, "?jku", "https://.+", NULL },
			{ PLACE_CLAIM, "iss", "<client-id>", NULL },
			{ PLACE_CLAIM, "sub", "<client-id>", NULL },
			{ PLACE_CLAIM, "aud", "<url>", "smart-audience" },
			{ PLACE_CLAIM, "jti", ".{1,151}", NULL },
		},
		.refusals = {
			OWN("smart-null", 400, "{\"error\":\"invalid_client\",\"error_description\":null}"),
			OWN("smart-client", 400, ERROR("invalid_client", "The client assertion is not valid.")),
			OWN("smart-audience", 400, ERROR("invalid_request", "Missing or invalid 'aud' claim in client_assertion JWT")),
			OWN("smart-issuer", 400, ERROR("invalid_request", "Invalid 'iss'/'sub' claims in client_assertion JWT")),
			OWN("smart-scope", 400, ERROR("invalid_scope", "The scope is not granted to this client.")),
		},
	},
	{
		.name = "netsuite", .hosts = "*.suitetalk.api.netsuite.com", .path = "/services/rest/auth/oauth2/v1/token",
		.carrier = CARRIER_CLIENT, .algorithms = "PS256 ES256 ES384 ES512", .ahead_max = 3600, .status = 200,
		.answer = BEARER "\"expires_in\":\"3600\"}", .on_expired = "netsuite-grant", .on_ahead = "netsuite-grant",
		.rules = {
			{ PLACE_HEADER, "typ", "JWT", NULL },
			{ PLACE_HEADER, "kid", ".+", "netsuite-grant" },
			{ PLACE_CLAIM, "iss", "<client-id>", "netsuite-grant" },
			{ PLACE_CLAIM, "aud", "<url>", "netsuite-grant" },
			{ PLACE_CLAIM, "scope", "\\[.+\\]|[^[]+", NULL },
			{ PLACE_CLAIM, "iat", "[0-9]+", NULL },
		},
		.refusals = {
			OWN("netsuite-request", 400, "{\"error\":\"invalid_request\"}"),
			OWN("netsuite-grant", 400, "{\"error\":\"invalid_grant\"}"),
		},
	},
	{ .name = NULL },
};
