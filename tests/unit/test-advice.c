/* SPDX-License-Identifier: Apache-2.0 */
/* Advice on the org's refusals: whoever is refused must be told what to change. */
#include "unit.h"

#include "salesforce/advice.h"

#include <ctype.h>

/* The org's own words, and what its advice must speak of. */
static const struct {
	const char *error, *description, *meaning, *remedy;
} refusals[] = {
	{ "invalid_grant", "user hasn't approved this consumer", "not pre-authorised",
	  "Admin approved users are pre-authorized" },
	{ "invalid_app_access", "user is not admin approved to access this app", "pre-authorised users only",
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
	{ "invalid_token", "invalid token", "ended already", "--instance-url" },
	{ "unsupported_token_type", "this token type is not supported", "no access token", "--instance-url" },
	{ "INVALID_SESSION_ID", "Session expired or invalid", "expired", "get a new one" },
};

static void each_refusal_has_its_own_advice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct salesforce_advice *advice = salesforce_advice(refusals[i].error, refusals[i].description);

		if (advice == NULL) {
			fail_msg("no advice on %s, \"%s\"", refusals[i].error, refusals[i].description);
			return;
		}
		assert_string_equal(advice->error, refusals[i].error);
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
		assert_ptr_equal(salesforce_advice(refusals[i].error, text),
				 salesforce_advice(refusals[i].error, refusals[i].description));
	}
}

static void words_around_the_known_ones_do_not_matter(void **state)
{
	(void)state;
	assert_ptr_equal(salesforce_advice("invalid_grant", "authentication failure: audience is invalid (42)"),
			 salesforce_advice("invalid_grant", "audience is invalid"));
}

/* Where the error alone says it all, an org that sends other words or none is understood too. */
static void description_is_not_needed_where_the_error_is_clear(void **state)
{
	static const char *const clear[] = { "invalid_app_access", "app_not_found", "invalid_client", "invalid_client_id",
					     "unsupported_grant_type", "rate_limit_exceeded" };

	(void)state;
	for (size_t i = 0; i < COUNT(clear); i++) {
		assert_non_null(salesforce_advice(clear[i], ""));
		assert_ptr_equal(salesforce_advice(clear[i], ""), salesforce_advice(clear[i], "other words"));
	}
}

/* Wrong advice is worse than none. */
static void unknown_refusals_get_no_advice(void **state)
{
	(void)state;
	assert_null(salesforce_advice("invalid_grant", "something new"));
	assert_null(salesforce_advice("invalid_grant", ""));
	assert_null(salesforce_advice("invalid_request", "assertion missing"));
	assert_null(salesforce_advice("access_denied", "audience is invalid"));
	assert_null(salesforce_advice("invalid_client_identifier", ""));
	assert_null(salesforce_advice("INVALID_CLIENT", ""));
	assert_null(salesforce_advice("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_has_its_own_advice),
		cmocka_unit_test(case_of_the_description_does_not_matter),
		cmocka_unit_test(words_around_the_known_ones_do_not_matter),
		cmocka_unit_test(description_is_not_needed_where_the_error_is_clear),
		cmocka_unit_test(unknown_refusals_get_no_advice),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
