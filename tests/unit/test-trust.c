/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/trust.h"

static int new_file(char *path)
{
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Somebody may exchange the file between open and the check. */
static void the_file_that_is_checked_is_the_open_one(void **state)
{
	char first[] = "/tmp/test-trust-XXXXXX", second[] = "/tmp/test-trust-XXXXXX";
	int first_fd = new_file(first), second_fd = new_file(second);
	struct error error;

	(void)state;
	assert_int_equal(trust_check(first, first_fd, ERROR_PIN, &error), 0);
	assert_fails(trust_check(first, second_fd, ERROR_PIN, &error), ERROR_PIN, &error);
	assert_contains(error.text, "was replaced while it was opened");
	assert_int_equal(rename(second, first), 0);
	assert_fails(trust_check(first, first_fd, ERROR_CONFIG, &error), ERROR_CONFIG, &error);
	assert_int_equal(trust_check(first, second_fd, ERROR_PIN, &error), 0);
	assert_int_equal(unlink(first), 0);
	assert_fails(trust_check(first, second_fd, ERROR_PIN, &error), ERROR_PIN, &error);
	assert_contains(error.text, "No such file");
	close(first_fd);
	assert_fails(trust_check("/", first_fd, ERROR_PIN, &error), ERROR_PIN, &error);
	close(second_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_that_is_checked_is_the_open_one),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
