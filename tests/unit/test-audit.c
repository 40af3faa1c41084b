/* SPDX-License-Identifier: Apache-2.0 */
/* Records that many threads write at once, and a file that is moved or full between records. */
#include "unit.h"

#include "audit/audit.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREADS = 8, RECORDS = 1500 };

static const char *target; /* file:PATH */

static int setup(void **state)
{
	static char text[4096 + 8];

	if (unit_folder_make(state) != 0)
		return -1;
	snprintf(text, sizeof(text), "file:%s", unit_path(state, "audit"));
	target = text;
	return 0;
}

static struct audit *opened(bool required)
{
	const struct audit_options options = { target, required };
	struct audit *audit;
	struct error error;

	assert_works(audit_open(&audit, &options, &error), &error);
	assert_non_null(audit);
	return audit;
}

static void *write_many(void *audit)
{
	struct audit_record record = { .event = AUDIT_SIGNATURE, .command = "jwt", .token_serial = "1" };
	struct error error;

	for (int i = 0; i < RECORDS; i++) {
		if (audit_write(audit, &record, &error) < 0)
			return audit;
	}
	return NULL;
}

/* The number of lines in the file; in `seen`, how often each sequence number is in them. */
static size_t count(void **state, const char *name, unsigned char *seen)
{
	FILE *file = fopen(unit_path(state, name), "re");
	char *line = NULL;
	size_t size = 0, lines = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		cJSON *record = cJSON_Parse(line);
		double number = cJSON_GetNumberValue(cJSON_GetObjectItem(record, "sequence"));

		lines++;
		if (record != NULL && number >= 1 && number <= THREADS * RECORDS)
			seen[(size_t)number]++;
		cJSON_Delete(record);
	}
	free(line);
	fclose(file);
	return lines;
}

static void threads_write_whole_lines_and_each_number_once(void **state)
{
	static unsigned char seen[THREADS * RECORDS + 1];
	struct audit *audit = opened(true);
	pthread_t threads[THREADS];
	void *failed;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, audit), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	audit_close(&audit);
	assert_int_equal(count(state, "audit", seen), THREADS * RECORDS);
	for (size_t i = 1; i <= THREADS * RECORDS; i++)
		assert_int_equal(seen[i], 1);
}

static void a_file_that_was_moved_is_made_again(void **state)
{
	struct audit_record record = { .event = AUDIT_LOGIN, .command = "jwt", .token_serial = "1" };
	unsigned char seen[THREADS * RECORDS + 1] = { 0 };
	struct audit *audit = opened(true);
	struct error error;

	assert_works(audit_write(audit, &record, &error), &error);
	assert_int_equal(rename(unit_path(state, "audit"), unit_path(state, "audit.1")), 0);
	assert_works(audit_write(audit, &record, &error), &error);
	audit_close(&audit);
	assert_int_equal(count(state, "audit.1", seen), 1);
	assert_int_equal(count(state, "audit", seen), 1);
	assert_int_equal(seen[1], 1);
	assert_int_equal(seen[2], 1);
}

static void a_line_that_was_cut_off_does_not_spoil_the_next(void **state)
{
	struct audit_record record = { .event = AUDIT_LOGIN, .command = "jwt", .token_serial = "1" };
	unsigned char seen[THREADS * RECORDS + 1] = { 0 };
	struct audit *audit = opened(true);
	struct rlimit before, small;
	struct error error;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_works(audit_write(audit, &record, &error), &error);
	small = (struct rlimit){ 250, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_fails(audit_write(audit, &record, &error), ERROR_UNEXPECTED, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_works(audit_write(audit, &record, &error), &error);
	audit_close(&audit);
	assert_int_equal(count(state, "audit", seen), 3);
	assert_int_equal(seen[1] + seen[3], 2);
	assert_int_equal(seen[2], 0);
}

static void a_target_that_is_off_needs_no_audit(void **state)
{
	const struct audit_options options = { "off", true };
	const struct audit_record record = { .event = AUDIT_LOGIN };
	struct audit *audit;
	struct error error;

	(void)state;
	assert_works(audit_open(&audit, &options, &error), &error);
	assert_null(audit);
	assert_works(audit_write(audit, &record, &error), &error);
	audit_close(&audit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_write_whole_lines_and_each_number_once, setup, unit_folder_remove),
		cmocka_unit_test_setup_teardown(a_file_that_was_moved_is_made_again, setup, unit_folder_remove),
		cmocka_unit_test_setup_teardown(a_line_that_was_cut_off_does_not_spoil_the_next, setup,
						unit_folder_remove),
		cmocka_unit_test(a_target_that_is_off_needs_no_audit),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
