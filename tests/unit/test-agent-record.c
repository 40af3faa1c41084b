/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent records, and where. */
#include "unit.h"

#include "agent/core.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

static struct agent agent;
static struct agent_config config;
static struct agent_profile profiles[3];
static struct peer peer = { .uid = 1000, .pid = 7, .unit = "web.service", .unit_known = true };

/* Two profiles share an audit that is required; the third has another one. */
static int setup(void **state)
{
	static char targets[2][128];
	static const char *const names[] = { "one", "two", "three" };
	struct audit *audits[2] = { NULL, NULL };
	struct error error;

	if (unit_folder_make(state) != 0)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		struct audit_options options = { targets[i], i == 0 };

		snprintf(targets[i], sizeof(targets[i]), "file:%s", unit_path(state, i == 0 ? "shared" : "own"));
		assert_works(audit_open(&audits[i], &options, &error), &error);
	}
	for (size_t i = 0; i < 3; i++)
		profiles[i] = (struct agent_profile){
			.name = (char *)(uintptr_t)names[i],
			.username = (char *)(uintptr_t)(i == 0 ? "user" : NULL),
			.audit = audits[i == 2],
			.audit_required = i != 2,
		};
	config = (struct agent_config){ .profiles = profiles, .count = 3 };
	agent.config = &config;
	return 0;
}

static int teardown(void **state)
{
	audit_close(&profiles[0].audit);
	audit_close(&profiles[2].audit);
	return unit_folder_remove(state);
}

/* The last line of the file; `lines` of them are wanted. */
static cJSON *last(void **state, const char *name, size_t lines)
{
	FILE *file = fopen(unit_path(state, name), "re");
	char *line = NULL;
	size_t size = 0;
	cJSON *record;

	assert_non_null(file);
	for (size_t i = 0; i < lines; i++)
		assert_true(getline(&line, &size, file) > 0);
	record = cJSON_Parse(line);
	assert_non_null(record);
	assert_int_equal(getline(&line, &size, file), -1);
	free(line);
	fclose(file);
	return record;
}

/* "event profile sub jti request peer_unit result", with "-" for what is missing. Frees the record. */
static const char *summary(cJSON *record)
{
	static const char *const members[] = { "event", "profile", "sub", "jti", "request", "peer_unit", "result" };
	static char text[512];
	size_t used = 0;

	for (size_t i = 0; i < COUNT(members); i++) {
		const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(record, members[i]));

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
					 value != NULL ? value : "-");
	}
	cJSON_Delete(record);
	return text;
}

static void a_hand_out_names_user_and_jti(void **state)
{
	struct failure failure;

	assert_int_equal(agent_record(&agent, &profiles[0], WORKER_BEARERS, NULL, &peer, "J", NULL, &failure), 0);
	assert_string_equal(summary(last(state, "shared", 1)), "bearer one user J - web.service ok");
	assert_int_equal(agent_record(&agent, &profiles[1], WORKER_ASSERTIONS, "other", &peer, "", NULL, &failure), 0);
	assert_string_equal(summary(last(state, "shared", 2)), "assertion two other - - web.service ok");
	assert_null(unit_content(unit_path(state, "own")));
}

static void a_refusal_says_of_what(void **state)
{
	struct failure refusal, failure;

	failure_set(&refusal, FAILURE_DENIED, ERROR_CONFIG, 0, "may not");
	assert_int_equal(agent_record(&agent, &profiles[2], WORKER_ASSERTIONS, NULL, &peer, NULL, &refusal, &failure),
			 0);
	assert_string_equal(summary(last(state, "own", 1)), "refusal three - - assertion web.service failed");
}

static void what_concerns_no_profile_is_in_each_audit_once(void **state)
{
	struct failure refusal, failure;
	struct error error;

	failure_set(&refusal, FAILURE_DENIED, ERROR_CONFIG, 0, "may not");
	assert_int_equal(agent_record(&agent, NULL, WORKER_BEARERS, "u", &peer, NULL, &refusal, &failure), 0);
	assert_string_equal(summary(last(state, "shared", 1)), "refusal - u - bearer web.service failed");
	assert_string_equal(summary(last(state, "own", 1)), "refusal - u - bearer web.service failed");
	assert_int_equal(agent_record_action(&agent, AUDIT_RELOAD, NULL, NULL, NULL, NULL, &error), 0);
	assert_string_equal(summary(last(state, "shared", 2)), "reload - - - - - ok");
	assert_string_equal(summary(last(state, "own", 2)), "reload - - - - - ok");
}

static void actions_have_events_of_their_own(void **state)
{
	static const struct {
		enum audit_event event;
		const char *wanted;
	} rows[] = {
		{ AUDIT_UNLOCK, "unlock three - - - web.service ok" },
		{ AUDIT_LOCK, "lock three - - - web.service ok" },
		{ AUDIT_FORGET, "forget three - - - web.service ok" },
	};
	struct error error;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(agent_record_action(&agent, rows[i].event, &profiles[2], NULL, &peer, NULL, &error), 0);
		assert_string_equal(summary(last(state, "own", i + 1)), rows[i].wanted);
	}
}

/* With audit-required, a hand-out fails without its record; a refusal does not. */
static void a_required_record_that_fails(void **state)
{
	struct failure refusal, failure;
	struct error error;

	assert_int_equal(unlink(unit_path(state, "shared")), 0);
	assert_int_equal(mkdir(unit_path(state, "shared"), 0700), 0);
	assert_int_equal(unlink(unit_path(state, "own")) == 0 || errno == ENOENT, 1);
	assert_int_equal(mkdir(unit_path(state, "own"), 0700), 0);
	assert_int_equal(agent_record(&agent, &profiles[0], WORKER_BEARERS, NULL, &peer, "J", NULL, &failure), -1);
	assert_int_equal(failure.error.class, ERROR_UNEXPECTED);
	assert_int_equal(failure.kind, FAILURE_WORKER);
	assert_contains(failure.error.text, "audit file");
	failure_set(&refusal, FAILURE_DENIED, ERROR_CONFIG, 0, "may not");
	assert_int_equal(agent_record(&agent, &profiles[0], WORKER_BEARERS, NULL, &peer, NULL, &refusal, &failure), 0);
	assert_int_equal(agent_record(&agent, &profiles[2], WORKER_BEARERS, "u", &peer, "J", NULL, &failure), 0);
	assert_fails(agent_record_action(&agent, AUDIT_RELOAD, NULL, NULL, &peer, NULL, &error), ERROR_UNEXPECTED,
		     &error);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hand_out_names_user_and_jti),
		TEST(a_refusal_says_of_what),
		TEST(what_concerns_no_profile_is_in_each_audit_once),
		TEST(actions_have_events_of_their_own),
		TEST(a_required_record_that_fails),
	};

	return cmocka_run_group_tests_name("agent-record", tests, NULL, NULL);
}
