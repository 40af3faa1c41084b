/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a batch may send, by a clock of the test's own. */
#include "unit.h"

#include "bearer/brake.h"

enum { PARALLEL = 8, RETRIES = 2, SPENT = (RETRIES + 1) * BRAKE_ROUNDS_PER_RETRY };

/* So many failures, all begun and ended at `now`. */
static bool failures(struct brake *brake, int count, double now)
{
	bool on = false;

	for (int i = 0; i < count; i++)
		on |= brake_failure(brake, now, now);
	return on;
}

static void failures_in_a_row_put_it_on(void **state)
{
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	assert_false(failures(&brake, BRAKE_AFTER - 1, 1000));
	assert_int_equal(brake_allows(&brake, 1000), PARALLEL);
	assert_true(failures(&brake, 1, 1000));
	assert_int_equal(brake_allows(&brake, 1000), 0);
	assert_int_equal(brake_allows(&brake, 1500), 1);
	assert_false(failures(&brake, 1, 1500)); /* it is on already */
}

static void a_success_or_a_refusal_between_them_does_not(void **state)
{
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	for (int i = 0; i < 100; i++) {
		assert_false(failures(&brake, BRAKE_AFTER - 1, i));
		assert_false(i % 2 == 0 ? brake_success(&brake, i) : brake_refusal(&brake, i));
	}
	assert_int_equal(brake_allows(&brake, 1000), PARALLEL);
}

static void what_began_before_it_was_on_is_no_probe(void **state)
{
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	failures(&brake, BRAKE_AFTER, 1000);
	for (int i = 0; i < 1000; i++)
		assert_false(brake_failure(&brake, 999, 1001));
	assert_int_equal(brake.rounds, 1);
	assert_false(brake_is_spent(&brake));
}

static void pauses_grow_until_it_is_spent(void **state)
{
	double now = 1000, before = 0;
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	failures(&brake, BRAKE_AFTER, now);
	for (int i = 1; i < SPENT; i++) {
		assert_true(brake.resume - now >= before / 2 && brake.resume - now <= 16000);
		before = brake.resume - now;
		now = brake.resume;
		assert_int_equal(brake_allows(&brake, now), 1);
		assert_false(brake_is_spent(&brake));
		failures(&brake, 1, now);
	}
	assert_true(before >= 8000);
	assert_false(brake_is_spent(&brake));
	failures(&brake, 1, brake.resume);
	assert_true(brake_is_spent(&brake));
	/* Who goes on trying keeps the same interval, and is back at full speed with the first success. */
	for (int i = 0; i < 100; i++) {
		now = brake.resume;
		failures(&brake, 1, now);
		assert_true(brake.resume - now >= 8000 && brake.resume - now <= 16000);
	}
	assert_true(brake_success(&brake, now));
	assert_false(brake_is_spent(&brake));
	assert_int_equal(brake_allows(&brake, now), PARALLEL);
}

static void a_refusal_takes_it_off_too(void **state)
{
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	failures(&brake, BRAKE_AFTER, 1000);
	assert_true(brake_refusal(&brake, 1000));
	assert_false(brake_refusal(&brake, 1000));
	assert_int_equal(brake_allows(&brake, 1000), PARALLEL);
	assert_false(failures(&brake, BRAKE_AFTER - 1, 1000));
}

static void the_org_asks_for_fewer_and_for_pauses(void **state)
{
	struct brake brake;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	assert_int_equal(brake_throttle(&brake, 1000, 3, 1000), 3000);
	assert_int_equal(brake_allows(&brake, 3999), 0);
	assert_int_equal(brake_allows(&brake, 4000), PARALLEL / 2);
	/* Requests that began before say the same again, or ask for more. */
	assert_int_equal(brake_throttle(&brake, 999, -1, 1001), 0);
	assert_int_equal(brake_throttle(&brake, 999, 5, 1001), 0);
	assert_int_equal(brake_allows(&brake, 6000), 0);
	assert_int_equal(brake_allows(&brake, 6001), PARALLEL / 2);
	for (int i = 0; i < PARALLEL; i++)
		brake_success(&brake, 6001);
	assert_int_equal(brake_allows(&brake, 6001), PARALLEL);
	assert_false(brake_is_spent(&brake));
}

static void the_org_may_ask_too_often_or_for_too_long(void **state)
{
	struct brake brake;
	double now = 1000;

	(void)state;
	brake_init(&brake, PARALLEL, RETRIES);
	for (int i = 0; i <= SPENT; i++, now = brake.resume) {
		assert_false(brake_is_spent(&brake));
		brake_throttle(&brake, now, -1, now);
	}
	assert_true(brake_is_spent(&brake));
	assert_int_equal(brake_allows(&brake, now), 1);
	brake_init(&brake, PARALLEL, RETRIES);
	assert_int_equal(brake_throttle(&brake, 1000, BRAKE_WAIT_MAX, 1000), BRAKE_WAIT_MAX * 1000UL);
	assert_false(brake_is_spent(&brake));
	brake_throttle(&brake, brake.resume, 1L << 40, brake.resume);
	assert_true(brake_is_spent(&brake));
	assert_true(brake.resume <= 1000 + 2000.0 * (double)BRAKE_WAIT_MAX);
	brake_success(&brake, brake.resume);
	assert_false(brake_is_spent(&brake));
}

/* Answers come in any order: one to a request from before the org asked to wait says nothing of the wait. */
static void a_long_wait_outlives_older_answers(void **state)
{
	struct brake brake;

	(void)state;
	for (int i = 0; i < 4; i++) {
		double asked = 1002;

		brake_init(&brake, PARALLEL, RETRIES);
		if (i < 2) { /* it asks once more, and for longer, in the answer to a request from before a short pause */
			brake_throttle(&brake, 1000, 1, 1001);
			asked = 2003;
		} else if (i == 2) {
			failures(&brake, BRAKE_AFTER, 1001);
		}
		brake_throttle(&brake, 1000, BRAKE_WAIT_MAX + 1, asked);
		if (i % 2 == 0)
			brake_success(&brake, asked - 1);
		else
			brake_refusal(&brake, asked - 1);
		assert_true(brake_is_spent(&brake));
		assert_int_equal(brake_allows(&brake, asked + (double)BRAKE_WAIT_MAX * 1e3 - 1), 0);
		assert_false(brake.on);
		brake_success(&brake, asked + (double)BRAKE_WAIT_MAX * 1e3);
		assert_false(brake_is_spent(&brake));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_in_a_row_put_it_on),
		cmocka_unit_test(a_success_or_a_refusal_between_them_does_not),
		cmocka_unit_test(what_began_before_it_was_on_is_no_probe),
		cmocka_unit_test(pauses_grow_until_it_is_spent),
		cmocka_unit_test(a_refusal_takes_it_off_too),
		cmocka_unit_test(the_org_asks_for_fewer_and_for_pauses),
		cmocka_unit_test(the_org_may_ask_too_often_or_for_too_long),
		cmocka_unit_test(a_long_wait_outlives_older_answers),
	};

	return cmocka_run_group_tests_name("brake", tests, NULL, NULL);
}
