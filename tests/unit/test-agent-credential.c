/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of LoadCredential=: who gets a bearer, and that nobody gets an empty one. The cache, the listener and the
 * audit are doubles, below. */
#include "agent-wait.h"

#include "agent/bearer.h"

#include <time.h>

enum { MANY = 128 };

static struct agent agent;
static struct agent_config config;
static struct agent_profile profiles[2];
static struct access rules[2];

/* --- doubles ----------------------------------------------------------------------------------------------------- */

static struct ask *asked[MANY];             /* that wait, in order */
static size_t asks, cancelled;              /* how many wait; were cancelled */
static size_t left, refused_connections;    /* connections that were closed; that the listener makes fail */
static size_t handed_out, refusals;         /* records */
static bool audit_fails, may;
static const char *unit;                    /* of every peer */
static struct failure reason;               /* of the last refusal that was recorded */

void cache_ask(struct cache *cache, struct ask *ask)
{
	(void)cache;
	assert_true(ask->patient);
	asked[asks++] = ask;
}

void cache_cancel(struct cache *cache, struct ask *ask)
{
	(void)cache;
	(void)ask;
	asks--;
	cancelled++;
}

void cache_status(const struct cache *cache, const struct agent_profile *profile, struct cache_status *status)
{
	(void)cache;
	(void)profile;
	*status = (struct cache_status){ .reason = "" };
}

enum worker_state agent_workers_state(const struct workers *workers, const struct agent_profile *profile)
{
	(void)workers;
	(void)profile;
	return WORKER_LOCKED;
}

const char *worker_state_name(enum worker_state state)
{
	(void)state;
	return "locked";
}

void listener_refuse(struct listener *listener, int fd, uid_t uid)
{
	(void)listener;
	(void)uid;
	refused_connections++;
	close(fd);
}

void listener_left(struct listener *listener, uid_t uid)
{
	(void)listener;
	(void)uid;
	left++;
}

const char *peer_unit(struct peer *peer)
{
	(void)peer;
	return unit;
}

bool rules_allow_unit(const struct rules *list, const char *name)
{
	(void)list;
	assert_string_equal(name, "use.service");
	return may;
}

const struct agent_profile *agent_profile(const struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->config->count; i++) {
		if (strcmp(a->config->profiles[i].name, name) == 0)
			return &a->config->profiles[i];
	}
	return NULL;
}

const struct access *agent_access(const struct agent *a, const struct agent_profile *profile)
{
	assert_true(profile >= a->config->profiles && profile < a->config->profiles + a->config->count);
	return &a->access[profile - a->config->profiles];
}

void agent_requester(struct peer *peer, char text[128])
{
	snprintf(text, 128, "uid %lu", (unsigned long)peer->uid);
}

int agent_record(const struct agent *a, const struct agent_profile *profile, enum worker_kind kind, const char *username,
		 struct peer *peer, const char *jti, const struct failure *refusal, struct failure *failure)
{
	(void)a;
	(void)profile;
	(void)username;
	(void)peer;
	(void)jti;
	assert_int_equal(kind, WORKER_BEARERS);
	if (refusal != NULL) {
		reason = *refusal;
		refusals++;
		return 0;
	}
	handed_out++;
	if (!audit_fails)
		return 0;
	failure_set(failure, FAILURE_WORKER, ERROR_UNEXPECTED, 0, "cannot write the record");
	return -1;
}

/* --- setting up -------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
	struct error error;

	(void)state;
	asks = cancelled = left = refused_connections = handed_out = refusals = 0;
	audit_fails = false;
	may = true;
	unit = "use.service";
	for (size_t i = 0; i < 2; i++)
		profiles[i].name = (char *)(uintptr_t)(i == 0 ? "prod" : "nobody");
	profiles[0].username = (char *)(uintptr_t)"u";
	config = (struct agent_config){ .profiles = profiles, .count = 2 };
	agent = (struct agent){ .config = &config, .access = rules };
	return loop_open(&agent.loop, &error);
}

static int teardown(void **state)
{
	(void)state;
	credential_end_all();
	loop_close(&agent.loop);
	return 0;
}

/* A connection for the profile `id`. Returns systemd's end. */
static int connect_for(const char *id)
{
	struct peer peer = { .uid = 0, .pid = 1, .kind = PEER_CREDENTIAL, .claimed_unit = "use.service" };
	int ends[2];

	snprintf(peer.claimed_id, sizeof(peer.claimed_id), "%s", id);
	wait_pair(ends);
	assert_int_equal(shutdown(ends[0], SHUT_WR), 0); /* as systemd does */
	credential_connection(&agent, ends[1], &peer);
	return ends[0];
}

static struct agent_bearer *bearer_new(size_t length)
{
	char *answer = malloc(length + 64);
	struct agent_bearer *bearer;
	struct error error;
	int used = sprintf(answer, "\"access_token\":\"");

	memset(answer + used, 'x', length);
	strcpy(answer + used + length, "\"}");
	assert_works(agent_bearer_new(&bearer, answer, strlen(answer), "prod", 0, wait_clock, (long long)time(NULL),
				      &error), &error);
	free(answer);
	return bearer;
}

/* Answers the first ask that waits. */
static void answer(struct agent_bearer *bearer, const struct failure *failure)
{
	struct ask *ask = asked[0];

	assert_true(asks > 0);
	memmove(asked, asked + 1, --asks * sizeof(asked[0]));
	ask->done(ask, bearer, failure);
}

/* What can be read at once; `end`: whether the end follows. */
static size_t drain(int fd, bool *end)
{
	char data[4096];
	size_t total = 0;
	ssize_t got;

	while ((got = read(fd, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(data[i], 'x');
		total += (size_t)got;
	}
	*end = got == 0;
	return total;
}

/* --- tests ------------------------------------------------------------------------------------------------------- */

static void the_bare_token_is_all_that_is_sent(void **state)
{
	struct agent_bearer *bearer = bearer_new(100);
	int fd = connect_for("prod");
	bool end;

	(void)state;
	assert_int_equal(drain(fd, &end), 0);
	assert_false(end);
	answer(bearer, NULL);
	assert_int_equal(drain(fd, &end), 100);
	assert_true(end);
	assert_int_equal(left, 1);
	assert_int_equal(handed_out, 1);
	assert_int_equal(agent.handed, 1);
	close(fd);
	agent_bearer_leave(&bearer);
}

static int slow;
static size_t received;
static bool has_ended;

static bool is_read(void)
{
	bool end;

	received += drain(slow, &end);
	has_ended |= end;
	return has_ended;
}

static void a_large_token_is_sent_in_parts(void **state)
{
	struct agent_bearer *bearer = bearer_new(3000000);

	(void)state;
	received = 0;
	has_ended = false;
	slow = connect_for("prod");
	answer(bearer, NULL);
	assert_int_equal(left, 0);
	wait_until(agent.loop, is_read, 10000, 0);
	assert_int_equal(received, 3000000);
	assert_int_equal(left, 1);
	close(slow);
	agent_bearer_leave(&bearer);
}

static bool is_refused(void)
{
	return refused_connections > 0;
}

static void a_peer_that_does_not_read_gets_no_part_of_it(void **state)
{
	struct agent_bearer *bearer = bearer_new(3000000);
	int fd = connect_for("prod");
	double began = wait_clock;

	(void)state;
	answer(bearer, NULL);
	wait_until(agent.loop, is_refused, 1000, 100);
	assert_true(wait_clock - began >= 10000 && wait_clock - began < 12000);
	close(fd);
	agent_bearer_leave(&bearer);
}

/* The connection that was opened fails, and the audit says why. */
static void fails_with(int fd, const char *text)
{
	assert_int_equal(refused_connections, 1);
	assert_int_equal(left, 0); /* listener_refuse does that */
	assert_int_equal(refusals, 1);
	assert_contains(reason.error.text, text);
	assert_int_equal(agent.refused + agent.failed, 1);
	close(fd);
}

static void another_unit_is_refused(void **state)
{
	(void)state;
	unit = "other.service";
	fails_with(connect_for("prod"), "does not run in that unit");
	assert_int_equal(asks, 0);
}

static void a_unit_without_a_rule_is_refused(void **state)
{
	(void)state;
	may = false;
	fails_with(connect_for("prod"), "does not allow it");
	assert_contains(reason.error.hint, "unit:use.service");
	assert_int_equal(asks, 0);
}

static void an_unknown_profile_is_refused(void **state)
{
	(void)state;
	fails_with(connect_for("none"), "no such profile");
}

static void a_profile_without_a_user_is_refused(void **state)
{
	(void)state;
	fails_with(connect_for("nobody"), "no username");
}

static void a_lasting_failure_is_refused(void **state)
{
	struct failure failure;
	int fd = connect_for("prod");

	(void)state;
	failure_set(&failure, FAILURE_WORKER, ERROR_ORG, 0, "the org refused");
	answer(NULL, &failure);
	fails_with(fd, "the org refused");
}

static void what_cannot_be_recorded_is_refused(void **state)
{
	struct agent_bearer *bearer = bearer_new(10);
	int fd = connect_for("prod");
	bool end;

	(void)state;
	audit_fails = true;
	answer(bearer, NULL);
	assert_int_equal(drain(fd, &end), 0);
	assert_int_equal(agent.handed, 0);
	fails_with(fd, "cannot write the record");
	agent_bearer_leave(&bearer);
}

static void a_rule_that_is_gone_counts(void **state)
{
	struct agent_bearer *bearer = bearer_new(10);
	int fd = connect_for("prod");

	(void)state;
	may = false;
	answer(bearer, NULL);
	assert_int_equal(handed_out, 0);
	fails_with(fd, "does not allow it");
	agent_bearer_leave(&bearer);
}

/* While a reload takes the new configuration, the ask has a profile of the old one. */
static void a_profile_that_has_moved_counts(void **state)
{
	struct agent_bearer *bearer = bearer_new(10);
	struct agent_profile moved[2];
	int fd = connect_for("prod");
	bool end;

	(void)state;
	memcpy(moved, profiles, sizeof(moved));
	config.profiles = moved;
	answer(bearer, NULL);
	config.profiles = profiles;
	assert_int_equal(drain(fd, &end), 10);
	assert_int_equal(handed_out, 1);
	close(fd);
	agent_bearer_leave(&bearer);
}

static bool asks_again(void)
{
	return asks > 0;
}

static void a_locked_profile_is_waited_for(void **state)
{
	struct failure failure;
	int fd = connect_for("prod");
	bool end;

	(void)state;
	failure_set(&failure, FAILURE_LOCKED, ERROR_PIN, 0, "the profile was locked");
	answer(NULL, &failure);
	assert_int_equal(drain(fd, &end), 0);
	assert_false(end);
	wait_until(agent.loop, asks_again, 100, 100);
	assert_int_equal(refused_connections + left + refusals, 0);
	wait_until(agent.loop, NULL, 1000, 1000); /* while it waits, nothing ends it */
	assert_int_equal(asks, 1);
	assert_int_equal(refused_connections + left + refusals, 0);
	close(fd);
}

static bool has_left(void)
{
	return left > 0;
}

static void a_peer_that_leaves_is_forgotten(void **state)
{
	(void)state;
	wait_until(agent.loop, NULL, 10, 0);
	close(connect_for("prod"));
	wait_until(agent.loop, has_left, 100, 0);
	assert_int_equal(cancelled, 1);
	assert_int_equal(refused_connections, 0);
}

static void one_too_many_is_refused(void **state)
{
	int fds[MANY + 1];

	(void)state;
	for (size_t i = 0; i <= MANY; i++)
		fds[i] = connect_for("prod");
	assert_int_equal(asks, MANY);
	assert_int_equal(refused_connections, 1);
	credential_end_all();
	assert_int_equal(refused_connections, MANY + 1);
	assert_int_equal(cancelled, MANY);
	for (size_t i = 0; i <= MANY; i++)
		close(fds[i]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_bare_token_is_all_that_is_sent),
		TEST(a_large_token_is_sent_in_parts),
		TEST(a_peer_that_does_not_read_gets_no_part_of_it),
		TEST(another_unit_is_refused),
		TEST(a_unit_without_a_rule_is_refused),
		TEST(an_unknown_profile_is_refused),
		TEST(a_profile_without_a_user_is_refused),
		TEST(a_lasting_failure_is_refused),
		TEST(what_cannot_be_recorded_is_refused),
		TEST(a_rule_that_is_gone_counts),
		TEST(a_profile_that_has_moved_counts),
		TEST(a_locked_profile_is_waited_for),
		TEST(a_peer_that_leaves_is_forgotten),
		TEST(one_too_many_is_refused),
	};

	return cmocka_run_group_tests_name("agent-credential", tests, NULL, NULL);
}
