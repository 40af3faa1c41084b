/* SPDX-License-Identifier: Apache-2.0 */
/* Records that many threads write at once, a file that is moved or full between records, and what the agent records. */
#include "unit.h"

#include "audit/internal.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREADS = 8, RECORDS = 1500 };

static const char *target; /* file:PATH */
static double before;      /* the last sequence number before the test */

static cJSON *last_record(void **state, const char *name)
{
	FILE *file = fopen(unit_path(state, name), "re");
	char *line = NULL;
	size_t size = 0;
	cJSON *record;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0)
		;
	record = cJSON_Parse(line);
	free(line);
	fclose(file);
	assert_non_null(record);
	return record;
}

static double number(const cJSON *record, const char *name)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItem(record, name));
}

static const char *text(const cJSON *record, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(record, name));
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

static int setup(void **state)
{
	static char path[4096 + 8];
	struct audit_record record = { .event = AUDIT_LOGIN, .command = "jwt" };
	struct audit *audit;
	struct error error;
	cJSON *first;

	if (unit_folder_make(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "file:%s", unit_path(state, "first"));
	target = path;
	audit = opened(true);
	assert_works(audit_write(audit, &record, &error), &error);
	audit_close(&audit);
	first = last_record(state, "first");
	before = number(first, "sequence");
	cJSON_Delete(first);
	snprintf(path, sizeof(path), "file:%s", unit_path(state, "audit"));
	return 0;
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

/* The number of lines in the file; in `seen`, how often each sequence number since `before` is in them. */
static size_t count(void **state, const char *name, unsigned char *seen)
{
	FILE *file = fopen(unit_path(state, name), "re");
	char *line = NULL;
	size_t size = 0, lines = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		cJSON *record = cJSON_Parse(line);
		double sequence = number(record, "sequence") - before;

		lines++;
		if (record != NULL && sequence >= 1 && sequence <= THREADS * RECORDS)
			seen[(size_t)sequence]++;
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
	struct rlimit normal, small;
	struct error error;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &normal), 0);
	assert_works(audit_write(audit, &record, &error), &error);
	small = (struct rlimit){ 250, normal.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_fails(audit_write(audit, &record, &error), ERROR_UNEXPECTED, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &normal), 0);
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

static void audits_share_the_sequence_number(void **state)
{
	struct audit_record record = { .event = AUDIT_LOGIN, .command = "jwt" };
	struct audit *one = opened(true), *two = opened(false);
	struct error error;
	cJSON *last;

	assert_works(audit_write(one, &record, &error), &error);
	assert_works(audit_write(two, &record, &error), &error);
	assert_works(audit_write(one, &record, &error), &error);
	audit_close(&one);
	audit_close(&two);
	last = last_record(state, "audit");
	assert_true(number(last, "sequence") == before + 3);
	cJSON_Delete(last);
}

/* The names of the record's members, as one line. */
static const char *members(const cJSON *record)
{
	static char names[512];
	size_t used = 0;

	names[0] = '\0';
	for (const cJSON *member = record->child; member != NULL; member = member->next)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used > 0 ? " " : "",
					 member->string);
	return names;
}

static void a_record_names_the_peer(void **state)
{
	const struct audit_peer peer = { 1000, 4321, "web.service" }, alone = { 4294967294, 1, "" };
	const struct error denied = { .class = ERROR_CONFIG, .text = "uid 4294967294 may not" };
	struct audit_record record = {
		.event = AUDIT_BEARER, .command = "agent", .profile = "prod", .peer = &peer, .sub = "u", .milliseconds = -1,
	};
	struct audit *audit = opened(true);
	struct error error;
	cJSON *last;

	assert_works(audit_write(audit, &record, &error), &error);
	last = last_record(state, "audit");
	assert_string_equal(members(last), "time sequence pid event command peer_uid peer_pid peer_unit profile sub "
					   "result status");
	assert_string_equal(text(last, "event"), "bearer");
	assert_true(number(last, "peer_uid") == 1000 && number(last, "peer_pid") == 4321);
	assert_string_equal(text(last, "peer_unit"), "web.service");
	cJSON_Delete(last);

	record.event = AUDIT_REFUSAL;
	record.request = "bearer";
	record.peer = &alone;
	record.failure = &denied;
	assert_works(audit_write(audit, &record, &error), &error);
	last = last_record(state, "audit");
	assert_string_equal(members(last), "time sequence pid event command request peer_uid peer_pid profile sub "
					   "result status error");
	assert_string_equal(text(last, "request"), "bearer");
	assert_true(number(last, "peer_uid") == 4294967294 && number(last, "status") == (double)ERROR_CONFIG);
	cJSON_Delete(last);
	audit_close(&audit);
}

/* Whether the bytes of the journal's record hold the text. */
static bool holds(const struct secret *bytes, const char *part)
{
	return memmem(secret_data(bytes), secret_length(bytes), part, strlen(part)) != NULL;
}

static void the_journal_gets_the_peer_too(void **state)
{
	const struct audit_peer peer = { 1000, 4321, "web.service" };
	const struct error denied = { .class = ERROR_CONFIG, .text = "no such profile" };
	struct audit_record record = {
		.event = AUDIT_BEARER, .command = "agent", .profile = "prod", .peer = &peer, .sub = "u", .jti = "J",
		.milliseconds = -1,
	};
	struct secret *bytes = secret_new(2048);

	(void)state;
	assert_int_equal(record_journal(bytes, &record, 1), 0);
	assert_true(holds(bytes, "agent: handed out a bearer, profile prod, peer uid 1000 web.service, for u, jti J\n"));
	assert_true(holds(bytes, "OBJECT_PID\n\4"));
	assert_true(holds(bytes, "P11BEARER_PEER_UNIT\n"));
	assert_false(holds(bytes, "P11BEARER_USEC"));
	secret_truncate(bytes, 0);
	record.event = AUDIT_REFUSAL;
	record.request = "assertion";
	record.failure = &denied;
	assert_int_equal(record_journal(bytes, &record, 2), 0);
	assert_true(holds(bytes, "agent: refused, request assertion, profile prod, peer uid 1000 web.service, for u, jti J: "
				 "no such profile\n"));
	secret_free(&bytes);
}

static void each_event_has_an_id_of_its_own(void **state)
{
	char ids[AUDIT_RELOAD + 1][33];

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct audit_record record = { .event = (enum audit_event)i, .command = "agent" };
		struct secret *bytes = secret_new(2048);
		const char *id;

		assert_int_equal(record_journal(bytes, &record, 1), 0);
		id = memmem(secret_data(bytes), secret_length(bytes), "MESSAGE_ID\n", 11);
		assert_non_null(id);
		snprintf(ids[i], sizeof(ids[i]), "%s", id + 11 + 8);
		assert_int_equal(strspn(ids[i], "0123456789abcdef"), 32);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
		secret_free(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_write_whole_lines_and_each_number_once, setup, unit_folder_remove),
		cmocka_unit_test_setup_teardown(a_file_that_was_moved_is_made_again, setup, unit_folder_remove),
		cmocka_unit_test_setup_teardown(a_line_that_was_cut_off_does_not_spoil_the_next, setup,
						unit_folder_remove),
		cmocka_unit_test(a_target_that_is_off_needs_no_audit),
		cmocka_unit_test_setup_teardown(audits_share_the_sequence_number, setup, unit_folder_remove),
		cmocka_unit_test_setup_teardown(a_record_names_the_peer, setup, unit_folder_remove),
		cmocka_unit_test(the_journal_gets_the_peer_too),
		cmocka_unit_test(each_event_has_an_id_of_its_own),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
