/* SPDX-License-Identifier: Apache-2.0 */
/* Which key an app accepted last. */
#include "unit.h"

#include "batch/accepted.h"

#include <stdio.h>
#include <string.h>

/* The request for app number `number`: the apps share orgs, and the orgs share apps. */
static struct bearer_request *app(unsigned number)
{
	static char url[64], id[64];
	static struct bearer_request request;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", 32768 + number / 4);
	snprintf(id, sizeof(id), "CLIENT%u", number % 4);
	request = (struct bearer_request){ .client_id = id };
	request.instance_url.text = url;
	request.instance_url.end = url + strlen(url);
	return &request;
}

/* Whether number `number` accepts the next key. */
static size_t wanted(unsigned number)
{
	return number * 7 / 3 % 2;
}

static void each_app_is_told_apart(void **state)
{
	struct accepted accepted = { 0 };

	(void)state;
	for (unsigned i = 0; i < APPS_MAX; i++) {
		assert_int_equal(accepted_key(&accepted, app(i)), 0);
		accepted_note(&accepted, app(i), 1 - wanted(i));
		accepted_note(&accepted, app(i), wanted(i));
	}
	for (unsigned i = 0; i < APPS_MAX; i++)
		assert_int_equal(accepted_key(&accepted, app(i)), wanted(i));
}

static void of_too_many_some_are_forgotten(void **state)
{
	struct accepted accepted = { 0 };
	unsigned known = 0;

	(void)state;
	for (unsigned i = 0; i < APPS_MAX; i++)
		accepted_note(&accepted, app(i), 1);
	assert_int_equal(accepted_key(&accepted, app(APPS_MAX)), 0);
	accepted_note(&accepted, app(APPS_MAX), 1);
	assert_int_equal(accepted_key(&accepted, app(APPS_MAX)), 1);
	for (unsigned i = 0; i < APPS_MAX; i++)
		known += accepted_key(&accepted, app(i)) == 1 ? 1 : 0;
	assert_int_equal(known, APPS_MAX - 1);
}

static void a_token_url_is_the_org(void **state)
{
	struct accepted accepted = { 0 };
	struct bearer_request request = *app(0);

	(void)state;
	accepted_note(&accepted, &request, 1);
	request.token_url = request.instance_url;
	request.instance_url = (struct url){ .text = NULL };
	assert_int_equal(accepted_key(&accepted, &request), 1);
	request.token_url.end--;
	assert_int_equal(accepted_key(&accepted, &request), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_app_is_told_apart),
		cmocka_unit_test(of_too_many_some_are_forgotten),
		cmocka_unit_test(a_token_url_is_the_org),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
