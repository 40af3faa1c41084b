/* SPDX-License-Identifier: Apache-2.0 */
/* How long a token may be away, by a clock of the test's own. */
#include "unit.h"

#include "p11/outage.h"

enum { LIMIT = 30000 };

/* The same time, but for rounding. */
static void assert_same(double got, double wanted)
{
	assert_true(got - wanted < 0.001 && wanted - got < 0.001);
}

/* Tries again until the time is over; every try takes `cost`. Returns when that is, and how many tries there were. */
static double until_given_up(struct outage *outage, double now, double cost, int *tries)
{
	outage_begin(outage, now);
	for (*tries = 0; !outage->tried || outage_left(outage, now) > 0; ++*tries)
		now += outage_wait(outage, now) + cost;
	return now;
}

static void tries_get_rarer_until_the_limit(void **state)
{
	struct outage outage = { .limit = LIMIT };
	double now = 5000, waits[] = { 0, 100, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 3600 };

	(void)state;
	outage_begin(&outage, now);
	for (size_t i = 0; i < COUNT(waits); i++) {
		double wait = outage_wait(&outage, now);

		assert_same(wait, waits[i]);
		now += wait;
	}
	assert_same(now, 5000 + LIMIT); /* the last try is made at the end of the time */
	assert_true(outage_left(&outage, now) <= 0);
}

static void without_a_limit_each_loss_has_one_try(void **state)
{
	struct outage outage = { .limit = 0 };
	double length;
	int tries;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_same(until_given_up(&outage, 1000 * i, 7, &tries), 1000 * i + 7);
		assert_int_equal(tries, 1);
		if (i == 1) /* the same when it has signed meanwhile */
			assert_false(outage_end(&outage, 1008, &length));
	}
}

static void an_outage_ends_with_a_signature(void **state)
{
	struct outage outage = { .limit = LIMIT };
	double length = 0;

	(void)state;
	assert_false(outage_end(&outage, 10, &length));
	outage_begin(&outage, 1000);
	outage_begin(&outage, 1500); /* the token took a login, and did not sign */
	outage.told = true;
	assert_true(outage_end(&outage, 2000, &length));
	assert_same(length, 1000);
	assert_false(outage_end(&outage, 2001, &length)); /* it is told once */
	outage_begin(&outage, 60000);
	assert_false(outage_end(&outage, 60001, &length)); /* nobody knows of this one */
}

static void work_pays_for_time_away(void **state)
{
	struct outage outage = { .limit = LIMIT };
	double length;

	(void)state;
	outage_begin(&outage, 0); /* without a restart it costs nothing */
	assert_same(outage_wait(&outage, 0), 0);
	outage_end(&outage, 1, &length);
	outage_begin(&outage, 1);
	assert_same(outage_wait(&outage, 1), 0);
	outage_end(&outage, 2, &length);
	outage_begin(&outage, 2);
	assert_same(outage_wait(&outage, 2), 0);
	outage.restarted = true;
	outage_end(&outage, 20002, &length);
	outage_begin(&outage, 25002);
	assert_same(outage_left(&outage, 25002), LIMIT - 15000);
	assert_true(outage_wait(&outage, 25002) > 0); /* it comes and goes: not at once */
	outage.restarted = true;
	outage_end(&outage, 26002, &length);
	outage_begin(&outage, 100000);
	assert_same(outage_left(&outage, 100000), LIMIT);
	assert_same(outage_wait(&outage, 100000), 0);
}

/* One signature, or none, each time that it is back; it is away for no longer than it takes to try it. */
static void a_token_that_comes_and_goes_is_given_up(void **state)
{
	(void)state;
	for (int signs = 0; signs <= 1; signs++) {
		struct outage outage = { .limit = LIMIT };
		double now = 0, length;
		int tries = 0;

		for (outage_begin(&outage, now); !outage.tried || outage_left(&outage, now) > 0; outage_begin(&outage, now)) {
			now += outage_wait(&outage, now) + 3;
			outage.restarted = true;
			if (signs == 1)
				outage_end(&outage, now, &length);
			now += 1;
			tries++;
			assert_true(tries <= 20);
		}
		assert_true(now >= LIMIT - 5000 && now <= LIMIT + 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tries_get_rarer_until_the_limit),
		cmocka_unit_test(without_a_limit_each_loss_has_one_try),
		cmocka_unit_test(an_outage_ends_with_a_signature),
		cmocka_unit_test(work_pays_for_time_away),
		cmocka_unit_test(a_token_that_comes_and_goes_is_given_up),
	};

	return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
