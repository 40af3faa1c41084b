/* SPDX-License-Identifier: Apache-2.0 */
/* Users who have logged in too often, by a clock of the test's own. */
#include "unit.h"

#include "batch/limit.h"
#include "bearer/retry.h"

#include <stdlib.h>
#include <string.h>

static const double minute = 60e3, hour = 3600e3;

static void waits_grow_and_end_with_the_budget(void **state)
{
	static const double wanted[] = { 1, 2, 4, 8, 10, 10, 10, 10, 5, -1 }; /* minutes */
	struct retry_limit limit = { .refused = 0 };
	double now = 5e6;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		double wait = retry_limit_wait(&limit, 3600, -1, now);

		assert_int_equal((long)wait, wanted[i] < 0 ? -1 : (long)(wanted[i] * minute));
		now += wait;
	}
}

static void what_the_org_asks_for_is_waited_or_not_at_all(void **state)
{
	struct retry_limit limit = { .refused = 0 };

	(void)state;
	assert_int_equal((long)retry_limit_wait(&limit, 100, 100, 0), 100000);
	assert_int_equal((long)retry_limit_wait(&limit, 100, 1, 100000), -1);
	limit = (struct retry_limit){ .refused = 0 };
	assert_int_equal((long)retry_limit_wait(&limit, 100, 101, 0), -1);
	limit = (struct retry_limit){ .refused = 0 };
	assert_int_equal((long)retry_limit_wait(&limit, 0, -1, 0), -1);
	limit = (struct retry_limit){ .refused = 0 };
	assert_int_equal((long)retry_limit_wait(&limit, 1, -1, 0), 1000);
}

static void an_origin_has_one_spelling(void **state)
{
	static const char *const same[] = { "https://x.my.salesforce.com/services", "HTTPS://X.My.Salesforce.com",
					    "https://x.my.salesforce.com:443/", "https://x.my.salesforce.com./a?b#c" };
	static const char *const others[] = { "https://y.my.salesforce.com", "https://x.my.salesforce.com:8443",
					      "http://127.0.0.1:443", "https://x.my.salesforce.com.example" };
	static const char *const refused[] = { "nowhere at all", "http://x.my.salesforce.com", "ftp://127.0.0.1",
					       "https://me:pw@x.my.salesforce.com" };
	struct http_url *url;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(same) + COUNT(others); i++) {
		assert_int_equal(http_url_parse(&url, i < COUNT(same) ? same[i] : others[i - COUNT(same)], &error), 0);
		assert_int_equal(strcmp(http_url_origin(url), "https://x.my.salesforce.com:443") == 0, i < COUNT(same));
		http_url_free(&url);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_int_equal(http_url_parse(&url, refused[i], &error), -ERROR_CONFIG);
		assert_null(url);
	}
}

/* --- the users of a batch ---------------------------------------------------------------------------------------- */

static struct bearer_request request;
static struct limits *limits;

static void begin(long rate_wait)
{
	struct error error;

	request = (struct bearer_request){ .server = &server_salesforce, .rate_wait = rate_wait };
	assert_int_equal(http_url_parse(&request.endpoint, "https://org.example/token", &error), 0);
	assert_int_equal(limits_open(&limits, &request, &error), 0);
}

static void end(void)
{
	limits_close(&limits);
	assert_null(limits);
	http_url_free(&request.endpoint);
}

/* An item of the user, for a line that is just its name. */
static struct item item_of(const char *user)
{
	struct item item = { .number = 7, .retry_after = -1, .line.request = request };

	item.line.request.username = user;
	item.line.raw = (char *)user;
	item.line.length = strlen(user);
	return item;
}

static enum limits_verdict admit(const char *user, double now)
{
	struct item item = item_of(user);

	return limits_admit(limits, &item, now);
}

/* The org has refused the user, or not. */
static enum limits_verdict learn(const char *user, bool limited, bool probe, double now)
{
	struct item item = item_of(user);

	item.limited = limited;
	item.probe = probe;
	item.result = limited ? -ERROR_ORG : 0;
	return limits_learn(limits, &item, now);
}

static void one_is_left_alone_for_an_hour(void **state)
{
	(void)state;
	begin(0);
	assert_int_equal(admit("ann@example.com", 0), LIMITS_GO);
	assert_int_equal(learn("ann@example.com", true, false, 0), LIMITS_GO);
	assert_int_equal(admit("ann@example.com", 1), LIMITS_FAILED);
	assert_int_equal(admit("ANN@Example.com", hour - 1), LIMITS_FAILED);
	assert_int_equal(admit("bob@example.com", 1), LIMITS_GO);
	assert_int_equal(admit("ann@example.com", hour), LIMITS_GO);
	assert_int_equal(learn("ann@example.com", true, false, hour), LIMITS_GO);
	assert_int_equal(admit("ann@example.com", hour + 1), LIMITS_FAILED);
	assert_int_equal(admit("ann@example.com", 2 * hour), LIMITS_GO);
	assert_int_equal(limits_count(limits), 0);
	end();
}

static void one_is_waited_for(void **state)
{
	struct kept *kept;

	(void)state;
	begin(600);
	assert_int_equal(learn("ann", true, false, 0), LIMITS_KEPT);
	assert_int_equal(admit("ann", 1), LIMITS_KEPT);
	assert_int_equal(learn("ann", true, false, 2), LIMITS_KEPT); /* it was sent before */
	assert_int_equal(limits_count(limits), 3);
	assert_null(limits_take(limits, minute - 1, false));
	assert_int_equal((long)limits_delay(limits, minute - 5), 5);
	kept = limits_take(limits, minute, false);
	assert_true(kept != NULL && kept->probe && kept->number == 7 && kept->length == 3);
	free(kept);
	assert_null(limits_take(limits, minute, false)); /* one at a time */
	assert_int_equal(admit("ann", minute), LIMITS_KEPT);
	assert_int_equal(learn("ann", true, true, minute), LIMITS_KEPT);
	assert_null(limits_take(limits, 3 * minute - 1, false));
	kept = limits_take(limits, 3 * minute, false);
	assert_non_null(kept);
	free(kept);
	assert_int_equal(learn("ann", false, true, 3 * minute), LIMITS_GO); /* it works again */
	for (int i = 0; i < 3; i++) {
		kept = limits_take(limits, 3 * minute, false);
		assert_true(kept != NULL && !kept->probe);
		free(kept);
		assert_int_equal(admit("ann", 3 * minute), LIMITS_GO);
	}
	assert_null(limits_take(limits, hour, false));
	end();
}

static void one_who_is_waited_for_in_vain_fails(void **state)
{
	struct kept *kept;

	(void)state;
	begin(60);
	assert_int_equal(learn("ann", true, false, 0), LIMITS_KEPT);
	assert_int_equal(admit("ann", 1), LIMITS_KEPT);
	free(limits_take(limits, minute, false));
	assert_int_equal(learn("ann", true, true, minute), LIMITS_GO);
	kept = limits_take(limits, minute, false);
	assert_true(kept != NULL && !kept->probe);
	free(kept);
	assert_int_equal(admit("ann", minute), LIMITS_FAILED);
	assert_int_equal(admit("ann", minute + hour - 1), LIMITS_FAILED);
	assert_int_equal(admit("ann", minute + hour), LIMITS_GO);
	end();
}

static void many_users_are_forgotten_in_turn(void **state)
{
	char name[32];

	(void)state;
	begin(0);
	for (int i = 0; i < 70000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(learn(name, true, false, i), LIMITS_GO);
	}
	assert_int_equal(admit("user0", 70000), LIMITS_GO);
	assert_int_equal(admit("user69999", 70000), LIMITS_FAILED);
	end();
}

static void what_is_kept_has_a_limit(void **state)
{
	static char big[LINE_BYTES_MAX];
	int lines = 0;

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	begin(600);
	assert_int_equal(learn(big, true, false, 0), LIMITS_KEPT);
	while (!limits_is_full(limits) && lines++ < 1000)
		assert_int_equal(admit(big, 1), LIMITS_KEPT);
	assert_true(lines >= 200 && lines <= 300);
	end(); /* frees them all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_grow_and_end_with_the_budget),
		cmocka_unit_test(what_the_org_asks_for_is_waited_or_not_at_all),
		cmocka_unit_test(an_origin_has_one_spelling),
		cmocka_unit_test(one_is_left_alone_for_an_hour),
		cmocka_unit_test(one_is_waited_for),
		cmocka_unit_test(one_who_is_waited_for_in_vain_fails),
		cmocka_unit_test(many_users_are_forgotten_in_turn),
		cmocka_unit_test(what_is_kept_has_a_limit),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
