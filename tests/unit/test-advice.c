/* SPDX-License-Identifier: Apache-2.0 */
/* Advice for Salesforce's errors: each refusal says what to change. */
#include "unit.h"

#include "server/server.h"

#include <ctype.h>

static const struct server_advice *advice_on(const char *code, const char *description)
{
	return server_advice(&server_salesforce, code, description);
}

/* Refusals in the org's words, and what their advice must mention. */
static const struct {
	const char *error, *description, *meaning, *remedy;
} refusals[] = {
	{ "invalid_grant", "user hasn't approved this consumer", "not pre-authorised",
	  "Admin approved users are pre-authorized" },
	{ "invalid_app_access", "user is not admin approved to access this app", "only pre-authorised users",
	  "permission set" },
	{ "app_not_found", "External client app is not installed in this org", "host or the audience", "My Domain" },
	{ "invalid_grant", "audience is invalid", "aud", "--audience" },
	{ "invalid_grant", "invalid assertion", "signature", "certificate" },
	{ "invalid_client", "invalid client credentials", "does not match the app's certificate", "--certificate" },
	{ "invalid_client_id", "client identifier invalid", "consumer key", "--client-id" },
	{ "invalid_grant", "expired authorization code", "exp", "clock" },
	{ "invalid_request",
	  "refresh_token scope is required and the connected app should be installed and preauthorized", "scope",
	  "RefreshToken" },
	{ "unsupported_grant_type", "grant type not supported", "form", "--token-url" },
	{ "invalid_grant", "inactive user", "user is not active", "user" },
	{ "invalid_grant", "inactive org", "org is not active", "org" },
	{ "invalid_grant", "IP restricted or invalid login hours", "address", "IP ranges" },
	{ "invalid_grant", "invalid login hours", "hour", "login hours" },
	{ "rate_limit_exceeded", "", "too many", "wait" },
	{ "server_error", "", "org", "wait" },
	{ "service_unavailable", "", "org", "wait" },
	{ "system_down", "", "org", "wait" },
	{ "slow_down", "", "too fast", "wait" },
	{ "invalid_token", "invalid token", "already expired", "--instance-url" },
	{ "unsupported_token_type", "this token type is not supported", "not an access token", "--instance-url" },
	{ "invalid_grant", "login rate exceeded", "3,600 logins", "minutes, not seconds" },
	{ "invalid_grant", "Audience validation failed", "aud", "--audience" },
	{ "MUTUAL_AUTHENTICATION_FAILED", "", "client certificate", "Enforce SSL/TLS Mutual Authentication" },
	{ "INVALID_SESSION_ID", "Session expired or invalid", "expired", "get a new one" },
};

static void each_refusal_has_its_own_advice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct server_advice *advice = advice_on(refusals[i].error, refusals[i].description);

		if (advice == NULL) {
			fail_msg("no advice on %s, \"%s\"", refusals[i].error, refusals[i].description);
			return;
		}
		assert_contains(advice->meaning, refusals[i].meaning);
		assert_contains(advice->remedy, refusals[i].remedy);
	}
}

static void case_of_the_description_does_not_matter(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		snprintf(text, sizeof(text), "%s", refusals[i].description);
		for (char *c = text; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		assert_ptr_equal(advice_on(refusals[i].error, text),
				 advice_on(refusals[i].error, refusals[i].description));
	}
}

static void words_around_the_known_ones_do_not_matter(void **state)
{
	(void)state;
	assert_ptr_equal(advice_on("invalid_grant", "authentication failure: audience is invalid (42)"),
			 advice_on("invalid_grant", "audience is invalid"));
}

/* Every text gets the advice of the first one in its row, with an unspecific code and without a code. */
static const char *const variants[][40] = {
	{ "login rate exceeded", "Login Rate Exceeded.", "LOGIN_RATE_EXCEEDED", "login-rate exceeded",
	  "invalid_grant: login rate exceeded (user 0050x)", "login  rate\thas been exceeded", "Login rate limit reached",
	  "the login rate for this user was exceeded, try later", "you have exceeded the login rate", "too many logins",
	  "LoginRateExceeded", "Rate of logins exceeded", "hourly login limit",
	  "login rate\u00a0exceeded", "Exceeded the maximum number of logins per hour", "number of logins per hour exceeded",
	  "logins per hour exceeded", "login rate is too high", "LoginRate limit exceeded", "log-in rate exceeded",
	  "400 Bad Request. Login rate exceeded; try again later"  },
	{ "audience is invalid", "Audience validation failed", "audience validation failed.", "AUDIENCE VALIDATION FAILED",
	  "invalid audience", "Invalid assertion: audience mismatch", "the audience is not valid", "invalid_audience",
	  "Missing or invalid 'aud' claim in assertion", "aud claim is not accepted", "unexpected audience: https://x",
	  "audience 'https://login.salesforce.com/services/oauth2/token' is invalid", "audience doesn't match", "aud mismatch",
	  "audience must be https://x.my.salesforce.com", "invalid value for audience", "wrong aud", "the audience was rejected",
	  "unrecognized audience", "aud claim doesn't match", "invalid claim: aud", "audience should be the org's URL"  },
	{ "user hasn't approved this consumer", "user hasn\u2019t approved this consumer", "user hasn\u02bct approved this consumer",
	  "user hasnt approved this consumer", "user has not approved this consumer", "User hasn`t approved this consumer!",
	  "authentication failure: user hasn't approved this consumer", "user hasn&#39;t approved this consumer",
	  "this consumer has not been approved by the user", "user has not approved this application",
	  "user is not authorized for this app", "user hasn't authorized this connected app", "user not preauthorized for the app",
	  "user is not approved", "user hasn\u00b4t approved this consumer"  },
	{ "user is not admin approved to access this app", "User is not admin-approved to access this app.",
	  "OAUTH_APP_ACCESS_DENIED: user is not admin approved" },
	{ "expired authorization code", "authorization code expired", "authorization code has expired", "Expired Authorisation Code",
	  "assertion expired", "the assertion has expired", "invalid assertion: JWT expired", "expired assertion",
	  "exp claim is in the past", "JWT is expired", "assertion has already expired",
	  "exp must be in the future", "exp has passed", "the assertion is too old"  },
	{ "exp is too far in the future", "iat is in the future", "assertion was issued in the future", "JWT is not yet valid",
	  "assertion not valid yet", "expiration time is too far ahead", "invalid assertion: exp is too late",
	  "the assertion's lifetime is too long", "nbf is in the future", "JWT not yet valid (nbf)", "token used before nbf",
	  "expiry too long", "exp claim is too far in the future"  },
	{ "invalid assertion", "Invalid assertion: bad signature", "INVALID_ASSERTION", "assertion is invalid",
	  "malformed assertion", "invalid jwt", "the assertion is not valid", "Invalid JWT: signature",
	  "signature verification failed", "JWT signature is not valid", "bad signature", "signature mismatch",
	  "jti was already used", "jti replayed", "the jti has been seen before", "duplicate jti"  },
	{ "inactive user", "user is inactive", "Inactive User.", "inactive_user", "the user is not active", "user isn't active",
	  "user is frozen", "user has been deactivated",
	  "user account is inactive", "The user account is disabled.", "account deactivated", "user was frozen"  },
	{ "inactive org", "inactive organization", "org is inactive", "Organization is not active", "INACTIVE_ORG" },
	{ "IP restricted or invalid login hours", "ip restricted", "invalid login hours", "IP_RESTRICTED", "restricted IP",
	  "IP-restricted", "login hours restricted", "ip address not allowed", "ip is not allowed", "outside of login hours",
	  "user is outside the allowed IP range",
	  "IP 10.0.0.1 is not allowed", "login from a denied IP", "not a trusted IP", "IP address is blocked",
	  "LOGIN_DURING_RESTRICTED_DOMAIN", "login during restricted time"  },
	{ "invalid client credentials", "client credentials are invalid", "Invalid client-credentials" },
	{ "client identifier invalid", "invalid client id", "client_id invalid", "the client identifier is invalid",
	  "invalid consumer key", "invalid_client_identifier",
	  "unknown client", "client not found", "consumer key not found", "unknown consumer key", "wrong client id",
	  "client_id 3MVG9 is unknown"  },
	{ "External client app is not installed in this org", "the app is not installed", "app isn't installed" },
	{ "refresh_token scope is required and the connected app should be installed and preauthorized",
	  "missing refresh_token scope", "scope refresh_token required", "REFRESH_TOKEN SCOPE" },
	{ "mutual authentication failed", "mutual TLS required", "client certificate is required",
	  "the user must present a client certificate" },
	{ "grant type not supported", "unsupported grant type", "Grant type is not supported",
	  "invalid grant_type", "grant_type not allowed"  },
};

static void a_cause_has_many_wordings(void **state)
{
	static const char *const codes[] = { "invalid_grant", "", "invalid_request", "INVALID_GRANT", "invalid_grant_x", "access_denied",
					     "BRAND_NEW" };

	(void)state;
	for (size_t i = 0; i < COUNT(variants); i++) {
		const struct server_advice *wanted = advice_on("invalid_grant", variants[i][0]);

		assert_non_null(wanted);
		for (size_t j = 0; j < COUNT(variants[i]) && variants[i][j] != NULL; j++) {
			for (size_t k = 0; k < COUNT(codes); k++) {
				if (advice_on(codes[k], variants[i][j]) != wanted)
					fail_msg("%s \"%s\" is not understood", codes[k], variants[i][j]);
			}
			if (advice_on(variants[i][j], "") != wanted)
				fail_msg("\"%s\" alone is not understood", variants[i][j]);
		}
	}
}

/* Codes and descriptions may name the same cause. If they differ, the description is closer to it. */
static void words_decide_where_the_code_is_vague(void **state)
{
	(void)state;
	assert_int_equal(advice_on("rate_limit_exceeded", "login rate exceeded")->cause, SERVER_LOGIN_RATE);
	assert_int_equal(advice_on("rate_limit_exceeded", "")->cause, SERVER_OTHER);
	assert_int_equal(advice_on("invalid_client", "Audience validation failed")->cause, SERVER_OTHER);
	assert_contains(advice_on("invalid_client", "Audience validation failed")->remedy, "--audience");
	assert_contains(advice_on("invalid_grant", "user hasn't approved this consumer")->remedy, "--username");
	assert_int_equal(advice_on("invalid_grant", "assertion expired")->cause, SERVER_EXPIRED);
	assert_int_equal(advice_on("MUTUAL_AUTHENTICATION_FAILED", "whatever")->cause, SERVER_MUTUAL_TLS);
}

/* A specific code gets its advice with any description or none. */
static void description_is_not_needed_where_the_error_is_clear(void **state)
{
	static const char *const clear[] = { "invalid_app_access", "app_not_found", "invalid_client", "invalid_client_id",
					     "unsupported_grant_type", "rate_limit_exceeded", "inactive_user", "inactive_org",
					     "OAUTH_APP_ACCESS_DENIED", "OAUTH_EC_APP_NOT_FOUND", "Invalid_Client",
					     "MUTUAL_AUTHENTICATION_FAILED" };

	(void)state;
	for (size_t i = 0; i < COUNT(clear); i++) {
		assert_non_null(advice_on(clear[i], ""));
		assert_ptr_equal(advice_on(clear[i], ""), advice_on(clear[i], "other words"));
	}
}

/* Wrong advice is worse than none. */
static void unknown_refusals_get_no_advice(void **state)
{
	static const char *const unknown[] = {
		"something new", "", "expired access/refresh token", "authentication failure", "API rate exceeded; login again",
		"password expired", "certificate has expired", "too many login attempts", "the target audience of this app",
		"user not found", "activate the user", "organization locked", "client", "approved", "assertion", "login",
		"reassertion invalidated", "ship restricted", "blogin rate exceeded", "a/b*c|d ... e", "\xff\xfe", "...", "|", " ",
		/* these have other causes */
		"too many requests from this IP address", "Rate limit exceeded for IP address 10.0.0.1", "IP address: 10.0.0.1",
		"the audience is valid. The token is invalid", "audience accepted; scope unknown", "audience claim is https://x",
		"the audience is good and the rest of it is invalid", "https://x/audience/invalid", "user wants approval",
		"invalid scope https://audience.example", "failed login limit exceeded",
		"maximum failed logins exceeded", "login failed: too many attempts", "your rate plan has no login; limit exceeded",
		"user asked for an inactive license", "assertion required. Scope invalid", "the refresh token is gone. The scope is not",
		/* texts of other servers: Google, Entra ID, Okta, Auth0, DocuSign, Box, Keycloak, gateways, the Salesforce API */
		"Invalid grant: account not found", "Not a valid email or user ID.", "Invalid OAuth scope or ID token audience provided.",
		"Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes",
		"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value",
		"AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
		"AADSTS700024: Client assertion is not within its valid time range.", "AADSTS50126: invalid username or password",
		"AADSTS65001: The user or administrator has not consented to use the application with ID 'x' named 'y'.",
		"AADSTS90002: Tenant 'x' not found. Check to make sure you have the correct tenant ID.",
		"AADSTS53003: Access has been blocked by Conditional Access policies.", "AADSTS70011: scope is not valid",
		"One or more scopes are not configured for the authorization server resource.", "The client secret supplied is invalid",
		"Policy evaluation failed for this request, please check the policy configurations.", "consent_required",
		"Unauthorized", "Service not enabled within domain: https://x", "issuer_not_found", "no_valid_keys_or_signatures",
		"user_not_found", "This app is configured without a service account", "Please check the 'sub' claim.",
		"Cannot obtain access token based on the enterprise configuration for your app", "Session not active", "Account locked",
		"Bad Gateway", "Service Unavailable", "error code: 1020", "404 page not found", "no healthy upstream", "Forbidden",
		"upstream connect error or disconnect/reset before headers. reset reason: connection failure", "Gateway Timeout",
		"TotalRequests Limit exceeded.", "The requested resource does not exist", "This session is not valid for use with the REST API",
		"unable to obtain exclusive access to this record", "An unexpected error occurred. Please include this ErrorId",
		"Missing required field: grant_type", "HTTP Method 'GET' not allowed. Allowed are POST", "unsupported response type",
		"redirect_uri must match configuration", "invalid authorization code", "rate limit exceeded", "Too Many Requests",
		"URL No Longer Exists", "No such column 'x' on entity", "invalid cross reference id", "Authentication failure",
		"Invalid username, password, security token; or user locked out.", "Your password has expired",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++) {
		if (advice_on("invalid_grant", unknown[i]) != NULL || advice_on("", unknown[i]) != NULL)
			fail_msg("advice on \"%s\"", unknown[i]);
	}
	assert_null(advice_on("invalid_request", "assertion missing"));
	assert_null(advice_on("invalid_clients", ""));
	assert_null(advice_on("invalid", ""));
	assert_null(advice_on("invalid_client invalid_grant", ""));
	assert_null(advice_on("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_has_its_own_advice),
		cmocka_unit_test(case_of_the_description_does_not_matter),
		cmocka_unit_test(words_around_the_known_ones_do_not_matter),
		cmocka_unit_test(description_is_not_needed_where_the_error_is_clear),
		cmocka_unit_test(a_cause_has_many_wordings),
		cmocka_unit_test(words_decide_where_the_code_is_vague),
		cmocka_unit_test(unknown_refusals_get_no_advice),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
