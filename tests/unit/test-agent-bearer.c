/* SPDX-License-Identifier: Apache-2.0 */
/* Bearers made of workers' answers: what clients receive, when a bearer expires, and which answers are unusable. */
#include "unit.h"

#include "agent/bearer.h"
#include "base/base64url.h"

static const double NOW = 5000;             /* milliseconds */
static const long long CLOCK = 2000000000; /* seconds */

static int make(struct agent_bearer **bearer, const char *answer, long seconds, struct error *error)
{
	return agent_bearer_new(bearer, answer, strlen(answer), "p \"q\"", seconds, NOW, CLOCK, error);
}

/* The lifetime in seconds of a bearer made of this answer; 0: unknown. */
static double life(const char *members, long seconds)
{
	struct agent_bearer *bearer;
	struct error error;
	char answer[4096];
	double result;

	snprintf(answer, sizeof(answer), "\"access_token\":%s}", members);
	assert_works(make(&bearer, answer, seconds, &error), &error);
	result = bearer->expires > 0 ? (bearer->expires - NOW) / 1e3 : 0;
	assert_int_equal(bearer->expires_at, result > 0 ? CLOCK + (long long)result : 0);
	agent_bearer_leave(&bearer);
	return result;
}

/* An access token in JWT form with these claims, as a JSON string. Of static memory. */
static const char *jwt(const char *claims)
{
	static char text[1024];
	size_t length = strlen(strcpy(text, "\"eyJhbGciOiJSUzI1NiJ9."));

	base64url_encode(claims, strlen(claims), text + length);
	return strcat(text, ".c2lnbmF0dXJl\"");
}

/* --- content ----------------------------------------------------------------------------------------------------- */

static void clients_receive_the_answer_and_our_member(void **state)
{
	static const char answer[] = "\"jti\":\"8d1f\",\"access_token\":\"00D\\/x!AQ\", \"big\" : 12345678901234567890.50,"
				     "\"p11bearer\":{\"generation\":\"theirs\"},\"nested\":{\"jti\":\"kept\",\"l\":[1,2]},"
				     "\"\\u006aterms\":1}";
	struct agent_bearer *bearer;
	struct error error;
	char expected[512];

	(void)state;
	assert_works(make(&bearer, answer, 0, &error), &error);
	assert_int_equal(strlen(bearer->generation), GENERATION_SIZE - 1);
	assert_int_equal(strspn(bearer->generation, "0123456789abcdef"), GENERATION_SIZE - 1);
	snprintf(expected, sizeof(expected),
		 "{\"access_token\":\"00D\\/x!AQ\",\"big\" : 12345678901234567890.50,\"nested\":{\"jti\":\"kept\",\"l\":[1,2]},"
		 "\"\\u006aterms\":1,\"p11bearer\":{\"profile\":\"p \\\"q\\\"\",\"generation\":\"%s\"}}", bearer->generation);
	assert_string_equal(secret_data(bearer->json), expected);
	assert_string_equal(secret_data(bearer->token), "00D/x!AQ");
	assert_string_equal(bearer->jti, "8d1f");
	assert_true(bearer->began == NOW);
	agent_bearer_leave(&bearer);
	assert_null(bearer);
	agent_bearer_leave(&bearer);
}

static void escaped_names_of_ours_are_dropped_too(void **state)
{
	struct agent_bearer *bearer, *other;
	struct error error;

	(void)state;
	assert_works(make(&bearer, "\"\\u0070\\u0031\\u0031bearer\":1,\"\\u006ati\":null,\"access_token\":\"t\",\"expires_in\":9}",
			  0, &error), &error);
	assert_contains(secret_data(bearer->json), "{\"access_token\":\"t\",\"expires_in\":9,\"p11bearer\":{");
	assert_contains(secret_data(bearer->json), "\",\"expires_at\":2000000009}}");
	assert_string_equal(bearer->jti, "");
	assert_works(make(&other, "\"access_token\":\"t\"}", 0, &error), &error);
	assert_string_not_equal(other->generation, bearer->generation);
	agent_bearer_leave(&bearer);
	agent_bearer_leave(&other);
}

static void answers_that_cannot_be_used_are_refused(void **state)
{
	static const struct {
		const char *answer, *why;
	} rows[] = {
		{ "", "not JSON" },
		{ "}", "no access_token" },
		{ "\"access_token\":\"t\"", "not JSON" },
		{ "\"access_token\":\"t\"} x", "not JSON" },
		{ "\"access_token\":\"t\"}}", "not JSON" },
		{ "\"access_token\":\"\"}", "no access_token" },
		{ "\"access_token\":7}", "no access_token" },
		{ "\"access_token\":null}", "no access_token" },
		{ "\"access_token\":{\"access_token\":\"t\"}}", "no access_token" },
		{ "\"Access_Token\":\"t\"}", "no access_token" },
		{ "\"access_token\":\"t\",\"access_token\":\"u\"}", "twice" },
		{ "\"access_token\":\"t\",\"\\u0061ccess_token\":\"u\"}", "twice" },
		{ "\"access_token\":\"t\",\"n\":007}", "RFC 8259" },
		{ "\"access_token\":\"t\\u0000x\"}", "RFC 8259" },
		{ "\"access_token\":\"t\xff\"}", "RFC 8259" },
		{ "\"access_token\":\"t x\"}", "character" },
		{ "\"access_token\":\"t\\r\\nx\"}", "character" },
		{ "\"access_token\":\"t\\u007f\"}", "character" },
		{ "\"access_token\":\"t\xc3\xa9\"}", "character" },
		{ "\"access_token\":\"t\",\"expires_in\":0.0001}", "less than a second" },
	};
	char *deep = malloc(200001);
	struct agent_bearer *bearer;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_fails(make(&bearer, rows[i].answer, 0, &error), ERROR_ANSWER, &error);
		assert_contains(error.text, rows[i].why);
		assert_null(bearer);
	}
	assert_fails(agent_bearer_new(&bearer, "\"access_token\":\"t\"}\0x", 21, "p", 0, NOW, CLOCK, &error), ERROR_ANSWER,
		     &error);
	assert_non_null(deep);
	memset(memcpy(deep, "\"access_token\":\"t\",\"x\":", 23) + 23, '[', 200000 - 23);
	deep[200000] = '\0';
	assert_fails(make(&bearer, deep, 0, &error), ERROR_ANSWER, &error);
	free(deep);
}

/* --- lifetime ---------------------------------------------------------------------------------------------------- */

static void the_answer_states_the_lifetime(void **state)
{
	(void)state;
	assert_true(life("\"t\",\"expires_in\":3599", 60) == 3599);
	assert_true(life("\"t\",\"expires_in\":\"3599\"", 60) == 3599);
	assert_true(life("\"t\"", 60) == 60);
	assert_true(life("\"t\"", 0) == 0);
	assert_true(life("\"t\",\"expires_in\":0", 60) == 60);
	assert_true(life("\"t\",\"expires_in\":-5", 60) == 60);
	assert_true(life("\"t\",\"expires_in\":null", 60) == 60);
	assert_true(life("\"t\",\"expires_in\":\"soon\"", 60) == 60);
	assert_true(life("\"t\",\"expires_in\":\"-5\"", 60) == 60);
	assert_true(life("\"t\",\"expires_in\":1e300", 60) <= 10.0 * 366 * 86400);
	assert_true(life("\"t\",\"expires_in\":1e999", 60) <= 10.0 * 366 * 86400);
	assert_true(life("\"t\",\"expires_in\":\"99999999999999999999999999\"", 60) <= 10.0 * 366 * 86400);
}

static void a_jwt_states_when_it_expires(void **state)
{
	char both[2048];

	(void)state;
	assert_true(life(jwt("{\"exp\":2000000900}"), 60) == 900);
	assert_true(life(jwt("{\"exp\":2000000900.5}"), 60) == 900.5);
	assert_true(life(jwt("{\"a\":\"\xc3\xbf\xc3\xbf>>\",\"exp\":2000000900}"), 60) == 900);
	assert_true(life(jwt("{\"exp\":1999999999}"), 60) == 60); /* a clock is wrong */
	assert_true(life(jwt("{\"exp\":\"x\"}"), 60) == 60);
	assert_true(life(jwt("{\"Exp\":2000000900}"), 60) == 60);
	assert_true(life(jwt("[1]"), 60) == 60);
	assert_true(life(jwt("{"), 60) == 60);
	assert_true(life(jwt(""), 60) == 60);
	assert_true(life("\"a.b\"", 60) == 60);
	assert_true(life("\"a.\"", 60) == 60);
	assert_true(life("\"..\"", 60) == 60);
	assert_true(life("\"a.eyJleHAiOjIwMDAwMDA5MDB9\"", 60) == 60); /* no signature */
	assert_true(life("\"a.eyJleHAiOjIwMDAwMDA5MDB9.\"", 60) == 900);
	assert_true(life("\"a.eyJleHAiOjIwMDAwMDA5MDB9=.b\"", 60) == 60);
	snprintf(both, sizeof(both), "%s,\"expires_in\":1000", jwt("{\"exp\":2000000900}"));
	assert_true(life(both, 60) == 900);
	snprintf(both, sizeof(both), "%s,\"expires_in\":800", jwt("{\"exp\":2000000900}"));
	assert_true(life(both, 60) == 800);
}

static void either_clock_ends_a_bearer(void **state)
{
	struct agent_bearer *bearer;
	struct error error;

	(void)state;
	assert_works(make(&bearer, "\"access_token\":\"t\",\"expires_in\":100}", 0, &error), &error);
	assert_false(agent_bearer_is_dead(bearer, NOW, CLOCK));
	assert_false(agent_bearer_is_dead(bearer, NOW + 99999, CLOCK + 99));
	assert_true(agent_bearer_is_dead(bearer, NOW + 100000, CLOCK));
	assert_true(agent_bearer_is_dead(bearer, NOW, CLOCK + 100));
	assert_false(agent_bearer_is_dead(bearer, NOW, CLOCK - 1000000));
	agent_bearer_leave(&bearer);
	assert_works(make(&bearer, "\"access_token\":\"t\"}", 0, &error), &error);
	assert_false(agent_bearer_is_dead(bearer, NOW + 1e12, CLOCK + 1000000000));
	agent_bearer_leave(&bearer);
}

/* --- references -------------------------------------------------------------------------------------------------- */

static void free_response(void *response)
{
	++*(int *)response;
}

static void the_last_reference_frees(void **state)
{
	struct agent_bearer *bearer, *second;
	struct error error;
	int freed = 0;

	(void)state;
	assert_works(make(&bearer, "\"access_token\":\"t\"}", 0, &error), &error);
	bearer->response = &freed;
	bearer->response_free = free_response;
	second = agent_bearer_use(bearer);
	agent_bearer_leave(&bearer);
	assert_int_equal(freed, 0);
	assert_string_equal(secret_data(second->token), "t");
	agent_bearer_leave(&second);
	assert_int_equal(freed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_receive_the_answer_and_our_member),
		cmocka_unit_test(escaped_names_of_ours_are_dropped_too),
		cmocka_unit_test(answers_that_cannot_be_used_are_refused),
		cmocka_unit_test(the_answer_states_the_lifetime),
		cmocka_unit_test(a_jwt_states_when_it_expires),
		cmocka_unit_test(either_clock_ends_a_bearer),
		cmocka_unit_test(the_last_reference_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
