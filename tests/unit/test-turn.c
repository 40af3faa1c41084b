/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two keys signs. */
#include "unit.h"

#include "bearer/turn.h"

/* The keys that sign until a turn is the last, as digits; *pause is the sum of the waits in milliseconds. */
static size_t all_turns(size_t accepted, size_t keys, bool slow, char *order, double *pause)
{
	struct turn turn = turn_begin(accepted);
	size_t count = 0;
	double wait = 0;

	for (*pause = 0; wait >= 0; *pause += wait > 0 ? wait : 0) {
		order[count++] = (char)('0' + turn.key);
		wait = turn_next(&turn, turn.key, keys, slow);
	}
	order[count] = '\0';
	return count;
}

static void one_key_signs_once(void **state)
{
	char order[TURN_TRIES + 1];
	double pause;

	(void)state;
	assert_int_equal(all_turns(0, 1, false, order, &pause), 1);
	assert_string_equal(order, "0");
}

static void each_key_meets_each_of_two_hosts(void **state)
{
	char order[TURN_TRIES + 1];
	double pause;

	(void)state;
	assert_int_equal(all_turns(0, 2, false, order, &pause), TURN_TRIES);
	assert_string_equal(order, "0110011001100110");
	assert_true(pause > 1000 && pause < 5000);
	all_turns(1, 2, false, order, &pause);
	assert_string_equal(order, "1001100110011001");
}

static void a_key_that_needs_a_touch_signs_once(void **state)
{
	char order[TURN_TRIES + 1];
	double pause;

	(void)state;
	all_turns(1, 2, true, order, &pause);
	assert_string_equal(order, "10");
	assert_true(pause < 1);
}

static void only_a_refusal_of_the_signature_counts(void **state)
{
	static const struct {
		const char *code, *description;
		bool transient, counts;
	} rows[] = {
		{ "invalid_client", "invalid client credentials", false, true },
		{ "invalid_grant", "invalid assertion", false, true },
		{ "invalid_grant", "user hasn't approved this consumer", false, false },
		{ "invalid_grant", "expired authorization code", false, false },
		{ "invalid_grant", "audience is invalid", false, false },
		{ "invalid_grant", "login rate exceeded", false, false },
		{ "invalid_client_id", "client identifier invalid", false, false },
		{ "invalid_client", "invalid client credentials", true, false },
		{ "server_error", "", true, false },
		{ "", "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct oauth_answer answer = { .transient = rows[i].transient };

		snprintf(answer.code, sizeof(answer.code), "%s", rows[i].code);
		snprintf(answer.description, sizeof(answer.description), "%s", rows[i].description);
		assert_int_equal(turn_is_refusal(&server_salesforce, &answer), rows[i].counts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_signs_once),
		cmocka_unit_test(each_key_meets_each_of_two_hosts),
		cmocka_unit_test(a_key_that_needs_a_touch_signs_once),
		cmocka_unit_test(only_a_refusal_of_the_signature_counts),
	};

	return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
