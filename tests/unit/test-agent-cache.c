/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of bearers: who gets which bearer, when there is an exchange, and when there is none. */
#include "agent-cache.h"

#include "base/secret.h"

/* --- clients ----------------------------------------------------------------------------------------------------- */

struct client {
	struct ask ask;
	int calls;
	struct agent_bearer *bearer;
	struct failure failure;
	struct client *cancels; /* when it is answered */
	bool asks_again;
};

static struct cache *cache;
static struct agent_profile profiles[3], others[3];
static struct agent_config config = { .profiles = profiles, .count = 3 };
static struct agent_config other_config = { .profiles = others, .count = 3 };
static int renewals, wipes; /* calls of `renewed` */
static struct agent_bearer *sink; /* what is in it */

static void renewed(void *context, const struct agent_profile *profile, struct agent_bearer *bearer)
{
	assert_ptr_equal(context, &config);
	assert_non_null(profile->username);
	renewals += bearer != NULL ? 1 : 0;
	wipes += bearer == NULL ? 1 : 0;
	if (profile->sink != NULL)
		sink = bearer;
}

static void done(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure)
{
	struct client *client = ask->context;

	client->calls++;
	assert_true((bearer == NULL) != (failure == NULL));
	if (failure != NULL)
		client->failure = *failure;
	agent_bearer_leave(&client->bearer);
	client->bearer = bearer != NULL ? agent_bearer_use(bearer) : NULL;
	if (client->cancels != NULL)
		cache_cancel(cache, &client->cancels->ask);
	if (client->asks_again) {
		client->asks_again = false;
		cache_ask(cache, ask);
	}
}

static void ask(struct client *client, const struct agent_profile *profile, const char *username)
{
	client->calls = 0;
	client->ask.profile = profile;
	client->ask.username = username;
	client->ask.done = done;
	client->ask.context = client;
	snprintf(client->ask.requester, sizeof(client->ask.requester), "uid 7");
	cache_ask(cache, &client->ask);
}

static void leave(struct client *client)
{
	agent_bearer_leave(&client->bearer);
}

/* Did the client get this access token? */
#define assert_got(client, wanted)                                                    \
	do {                                                                          \
		assert_int_equal((client).calls, 1);                                  \
		assert_non_null((client).bearer);                                     \
		assert_string_equal(secret_data((client).bearer->token), wanted);     \
	} while (0)

#define assert_refused(client, class_, kind_, part)                                   \
	do {                                                                          \
		assert_int_equal((client).calls, 1);                                  \
		assert_null((client).bearer);                                         \
		assert_int_equal((client).failure.error.class, class_);               \
		assert_int_equal((client).failure.kind, kind_);                       \
		assert_contains((client).failure.error.text, part);                   \
	} while (0)

/* --- each test --------------------------------------------------------------------------------------------------- */

static char *text(const char *value)
{
	return (char *)(uintptr_t)value;
}

static void set_profiles(struct agent_profile list[3])
{
	static const char *const names[] = { "one", "two", "far" };

	memset(list, 0, 3 * sizeof(*list));
	for (int i = 0; i < 3; i++) {
		list[i].name = text(names[i]);
		list[i].fingerprint = text(names[i]);
		list[i].username = text("own@example.com");
		list[i].worker = text(i < 2 ? "module, key" : "another key");
		list[i].server = text(i < 2 ? "https://org.example" : "https://another.example");
		list[i].shape = text("");
		list[i].claims = text("");
		list[i].module_timeout = 60;
		list[i].timeout = 30;
		list[i].retries = 2;
		list[i].logins_per_hour = 120;
	}
}

static int set_up(void **state)
{
	struct error error;

	(void)state;
	boot = 50e3;
	jump = 0;
	timer_count = 0;
	memset(sent, 0, sizeof(sent));
	sent_count = cancelled = 0;
	worker = WORKER_READY;
	is_queued = false;
	at_once = NULL;
	renewals = wipes = 0;
	sink = NULL;
	set_profiles(profiles);
	set_profiles(others);
	assert_works(cache_open(&cache, NULL, NULL, renewed, &config, &error), &error);
	assert_works(cache_configure(cache, &config, &error), &error);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cache_close(&cache);
	cache_close(&cache);
	assert_int_equal(timer_count, 0);
	assert_null(sink);
	return 0;
}

/* --- one exchange for all ---------------------------------------------------------------------------------------- */

static void a_thousand_asks_cause_one_exchange(void **state)
{
	enum { CLIENTS = 1000 };
	static struct client clients[CLIENTS];
	struct cache_status status;

	(void)state;
	for (int i = 0; i < CLIENTS; i++)
		ask(&clients[i], &profiles[0], i % 2 != 0 ? NULL : "own@example.com");
	assert_int_equal(sent_count, 1);
	answer("a", ",\"expires_in\":600");
	for (int i = 0; i < CLIENTS; i++) {
		assert_got(clients[i], "a");
		assert_ptr_equal(clients[i].bearer, clients[0].bearer);
	}
	cache_status(cache, &profiles[0], &status);
	assert_int_equal(status.exchanges, 1);
	assert_int_equal(status.hits, 0);
	assert_int_equal(status.bearers, 1);
	assert_int_equal(status.expires_at, WALL + 50 + 600);
	assert_int_equal(status.renewed_at, WALL + 50);
	assert_string_equal(status.requester, "uid 7");
	for (int i = 0; i < CLIENTS; i++) {
		ask(&clients[i], &profiles[0], NULL);
		assert_got(clients[i], "a");
		leave(&clients[i]);
	}
	assert_int_equal(sent_count, 1);
	cache_status(cache, &profiles[0], &status);
	assert_int_equal(status.hits, CLIENTS);
	cache_status(cache, &profiles[1], &status);
	assert_int_equal(status.exchanges + status.hits + status.bearers, 0);
}

/* Usernames compare exactly, and each profile has bearers of its own. */
static void others_get_other_bearers(void **state)
{
	struct client one = { 0 }, upper = { 0 }, two = { 0 };

	(void)state;
	ask(&one, &profiles[0], "own@example.com");
	answer("a", "");
	ask(&upper, &profiles[0], "Own@example.com");
	assert_int_equal(sent_count, 2);
	answer("b", "");
	ask(&two, &profiles[1], "own@example.com");
	assert_int_equal(sent_count, 3);
	answer("c", "");
	assert_got(one, "a");
	assert_got(upper, "b");
	assert_got(two, "c");
	assert_int_equal(renewals, 2); /* not for Own@ */
	leave(&one);
	leave(&upper);
	leave(&two);
}

static void the_line_has_all_members(void **state)
{
	struct client client = { 0 };

	(void)state;
	profiles[0].shape = text("\"client-id\":\"c\",\"lifetime\":180");
	profiles[0].claims = text("\"x\":1");
	profiles[0].jti = true;
	ask(&client, &profiles[0], "a\"\\\xc3\xa9");
	assert_string_equal(sent[0].line, "\"username\":\"a\\\"\\\\\xc3\xa9\",\"client-id\":\"c\",\"lifetime\":180,"
					  "\"jti\":true,\"claims\":{\"x\":1}");
	cache_cancel(cache, &client.ask);
	ask(&client, &profiles[1], "u");
	assert_string_equal(sent[1].line, "\"username\":\"u\",\"jti\":false");
	assert_ptr_equal(sent[1].profile, &profiles[1]);
	cache_cancel(cache, &client.ask);
	assert_int_equal(client.calls, 0);
}

static void wrong_asks_reach_no_worker(void **state)
{
	struct client client = { 0 };

	(void)state;
	profiles[0].username = NULL;
	ask(&client, &profiles[0], NULL);
	assert_refused(client, ERROR_USAGE, FAILURE_REQUEST, "no username of its own");
	ask(&client, &profiles[0], "\xff");
	assert_refused(client, ERROR_USAGE, FAILURE_REQUEST, "UTF-8");
	ask(&client, &profiles[0], "");
	assert_refused(client, ERROR_USAGE, FAILURE_REQUEST, "empty");
	assert_int_equal(sent_count, 0);
}

/* --- what clients want of a bearer ------------------------------------------------------------------------------- */

static void a_longer_life_is_tried_once(void **state)
{
	struct client first = { 0 }, more = { 0 };

	(void)state;
	ask(&first, &profiles[0], NULL);
	answer("a", ",\"expires_in\":100");
	more.ask.min_life = 100;
	ask(&more, &profiles[0], NULL);
	assert_got(more, "a");
	pass(1);
	ask(&more, &profiles[0], NULL);
	assert_int_equal(more.calls, 0);
	ask(&first, &profiles[0], NULL); /* it has enough */
	assert_got(first, "a");
	answer("b", ",\"expires_in\":90");
	assert_got(more, "b"); /* also too short, but the server gives no more */
	assert_int_equal(sent_count, 2);
	ask(&more, &profiles[0], NULL);
	assert_got(more, "b");
	pass(44);
	ask(&more, &profiles[0], NULL);
	assert_got(more, "b");
	assert_int_equal(sent_count, 2);
	pass(2); /* half of it is over */
	ask(&more, &profiles[0], NULL);
	assert_int_equal(sent_count, 3);
	refuse(ERROR_NETWORK, "", 0, "unreachable");
	assert_got(more, "b"); /* better than nothing */
	leave(&first);
	leave(&more);
}

static void a_refused_bearer_is_renewed_once(void **state)
{
	enum { CLIENTS = 50 };
	static struct client clients[CLIENTS];
	char generation[GENERATION_SIZE];
	struct client plain = { 0 };

	(void)state;
	ask(&plain, &profiles[0], NULL);
	answer("a", ""); /* states no lifetime, like Salesforce */
	strcpy(generation, plain.bearer->generation);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].ask.fresh = generation;
		ask(&clients[i], &profiles[0], NULL);
	}
	assert_int_equal(sent_count, 2);
	ask(&plain, &profiles[0], NULL); /* has not heard of it */
	assert_got(plain, "a");
	answer("b", "");
	for (int i = 0; i < CLIENTS; i++) {
		assert_got(clients[i], "b");
		ask(&clients[i], &profiles[0], NULL); /* late: this generation is gone already */
		assert_got(clients[i], "b");
		leave(&clients[i]);
	}
	assert_int_equal(sent_count, 2);
	clients[0].ask.fresh = "0123456789abcdef";
	ask(&clients[0], &profiles[0], NULL);
	assert_got(clients[0], "b");
	strcpy(generation, clients[0].bearer->generation);
	clients[1].ask.fresh = generation;
	ask(&clients[1], &profiles[0], NULL);
	refuse(ERROR_ORG, "invalid_grant", 0, "expired");
	assert_refused(clients[1], ERROR_ORG, FAILURE_WORKER, "expired"); /* never the refused one */
	ask(&clients[1], &profiles[0], NULL);
	assert_refused(clients[1], ERROR_ORG, FAILURE_WORKER, "expired");
	assert_int_equal(sent_count, 3);
	leave(&clients[0]);
	leave(&plain);
}

static void without_an_expiry_only_fresh_renews(void **state)
{
	struct client client = { .ask.min_life = 1000000 };

	(void)state;
	profiles[0].sink = text("/run/x");
	ask(&client, &profiles[0], NULL);
	answer("a", "");
	for (int day = 0; day < 30; day++) {
		pass(86400);
		ask(&client, &profiles[0], NULL);
		assert_got(client, "a");
	}
	assert_int_equal(sent_count, 1);
	leave(&client);
}

/* --- renewal ----------------------------------------------------------------------------------------------------- */

/* The seconds after which the next exchange begins, at most `most`. */
static double next_exchange(double most)
{
	size_t before = sent_count;
	double began = boot;

	while (sent_count == before && boot < began + most * 1e3)
		pass(0.5);
	return (boot - began) / 1e3;
}

static void used_bearers_are_renewed_ahead(void **state)
{
	struct client client = { 0 };
	double waits[8], sum = 0;

	(void)state;
	ask(&client, &profiles[0], "u");
	answer("a", ",\"expires_in\":1000");
	for (int i = 0; i < 8; i++) {
		waits[i] = next_exchange(2000);
		sum += waits[i] != waits[0];
		assert_true(waits[i] >= 800 && waits[i] <= 900.5);
		answer("b", ",\"expires_in\":1000");
		ask(&client, &profiles[0], "u");
		assert_got(client, "b");
	}
	assert_true(sum > 0); /* jitter */
	next_exchange(2000);
	answer("c", ",\"expires_in\":1000");
	assert_true(next_exchange(5000) == 5000); /* nobody wants it any more */
	assert_int_equal(timer_count, 0);
	/* Long lives: ten minutes ahead. */
	ask(&client, &profiles[0], "u");
	answer("d", ",\"expires_in\":86400");
	waits[0] = next_exchange(90000);
	assert_true(waits[0] >= 85800 && waits[0] <= 86100.5);
	leave(&client);
}

static void late_use_renews_in_the_background(void **state)
{
	struct client client = { 0 };

	(void)state;
	ask(&client, &profiles[0], "u");
	answer("a", ",\"expires_in\":1000");
	next_exchange(2000);
	answer("b", ",\"expires_in\":1000");
	pass(950);
	assert_int_equal(sent_count, 2);
	ask(&client, &profiles[0], "u");
	assert_got(client, "b");
	assert_int_equal(sent_count, 3);
	answer("c", ",\"expires_in\":1000");
	assert_got(client, "b");
	ask(&client, &profiles[0], "u");
	assert_got(client, "c");
	next_exchange(2000);
	answer("d", ",\"expires_in\":1000");
	pass(996);
	ask(&client, &profiles[0], "u"); /* nobody can use it for so short a time */
	assert_int_equal(client.calls, 0);
	answer("e", ",\"expires_in\":1000");
	assert_got(client, "e");
	leave(&client);
}

static void sinks_always_have_a_bearer(void **state)
{
	struct error error;

	(void)state;
	others[1].sink = text("/run/x");
	assert_works(cache_configure(cache, &other_config, &error), &error);
	assert_int_equal(sent_count, 1);
	assert_ptr_equal(sent[0].profile, &others[1]);
	refuse(ERROR_NETWORK, "", 0, "unreachable");
	assert_true(next_exchange(10) <= 1.5);
	answer("a", ",\"expires_in\":100");
	assert_int_equal(renewals, 1);
	assert_string_equal(secret_data(sink->token), "a");
	for (int i = 0; i < 5; i++) {
		assert_true(next_exchange(100) <= 90.5);
		answer("b", ",\"expires_in\":100");
	}
	assert_int_equal(renewals, 6);
	assert_int_equal(wipes, 0);
	assert_int_equal(cache_forget(cache, NULL, NULL, NULL), 1);
	assert_int_equal(wipes, 1);
	assert_true(next_exchange(10) <= 1);
	answer("c", ",\"expires_in\":100");
	assert_string_equal(secret_data(sink->token), "c");
	/* It notices within a minute that the machine was paused. */
	next_exchange(100);
	answer("d", ",\"expires_in\":86400");
	jump = 90000;
	assert_true(next_exchange(100) <= 60.5);
	assert_null(sink);
	/* A worker that is down is not asked. */
	refuse(ERROR_PIN, "", 0, "the PIN was refused");
	worker = WORKER_REFUSED;
	assert_true(next_exchange(1000) == 1000);
	worker = WORKER_READY;
	assert_true(next_exchange(10) <= 2.5);
	answer("e", ",\"expires_in\":100");
	assert_string_equal(secret_data(sink->token), "e");
	/* The sink must not have what is dead. */
	next_exchange(100);
	pass(200);
	assert_null(sink);
}

static void a_live_bearer_survives_failed_renewals(void **state)
{
	static const double waits[] = { 1, 2, 4, 8, 16 };
	struct client client = { 0 };

	(void)state;
	ask(&client, &profiles[0], "u");
	answer("a", ",\"expires_in\":1000");
	next_exchange(2000);
	for (int i = 0; i < 5; i++) {
		refuse(ERROR_ORG, "", 0, "HTTP status 503");
		ask(&client, &profiles[0], "u");
		assert_got(client, "a");
		assert_true(fabs(next_exchange(100) - waits[i]) <= 0.5);
	}
	refuse(ERROR_ORG, "", 0, "HTTP status 503");
	while (boot < client.bearer->expires) {
		ask(&client, &profiles[0], "u");
		assert_got(client, "a");
		if (next_exchange(10) < 10)
			refuse(ERROR_ORG, "", 0, "HTTP status 503");
	}
	ask(&client, &profiles[0], "u");
	if (client.calls == 0)
		refuse(ERROR_ORG, "", 0, "HTTP status 503");
	assert_refused(client, ERROR_ORG, FAILURE_WORKER, "503");
	assert_true(sent_count < 12);
}

/* --- clocks ------------------------------------------------------------------------------------------------------ */

static void clock_jumps_do_no_harm(void **state)
{
	struct client client = { 0 };

	(void)state;
	ask(&client, &profiles[0], "u");
	answer("a", ",\"expires_in\":1000");
	jump = -86400; /* the clock was ahead */
	ask(&client, &profiles[0], "u");
	assert_got(client, "a");
	pass(700);
	assert_int_equal(sent_count, 1);
	pass(300);
	assert_int_equal(sent_count, 2); /* on time, by the other clock */
	answer("b", ",\"expires_in\":1000");
	jump = 86400; /* this machine was paused, or the clock was behind */
	ask(&client, &profiles[0], "u");
	assert_int_equal(client.calls, 0);
	assert_int_equal(sent_count, 3);
	answer("c", ",\"expires_in\":1000");
	assert_got(client, "c");
	for (int i = 0; i < 10; i++) {
		ask(&client, &profiles[0], "u");
		assert_got(client, "c");
	}
	jump = 0; /* and back */
	ask(&client, &profiles[0], "u");
	assert_got(client, "c");
	assert_int_equal(sent_count, 3);
	leave(&client);
}

/* --- failures ---------------------------------------------------------------------------------------------------- */

static void failures_are_remembered_for_growing_times(void **state)
{
	static const long waits[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
	struct client client = { 0 }, joined = { 0 };
	struct cache_status status;

	(void)state;
	for (size_t i = 0; i < COUNT(waits); i++) {
		ask(&client, &profiles[0], "u");
		ask(&joined, &profiles[0], "u");
		assert_int_equal(sent_count, i + 1);
		refuse(ERROR_NETWORK, "", 0, "unreachable");
		assert_refused(client, ERROR_NETWORK, FAILURE_WORKER, "unreachable");
		assert_refused(joined, ERROR_NETWORK, FAILURE_WORKER, "unreachable");
		assert_int_equal(client.failure.retry_after, waits[i]);
		pass((double)waits[i] - 0.5);
		ask(&client, &profiles[0], "u");
		assert_refused(client, ERROR_NETWORK, FAILURE_WORKER, "unreachable");
		assert_int_equal(client.failure.retry_after, 1);
		assert_int_equal(sent_count, i + 1);
		pass(0.5);
	}
	cache_status(cache, &profiles[0], &status);
	assert_int_equal(status.failures, COUNT(waits));
	assert_string_equal(status.reason, "unreachable");
	ask(&client, &profiles[0], "u");
	answer("a", ",\"expires_in\":10");
	cache_status(cache, &profiles[0], &status);
	assert_string_equal(status.reason, "");
	pass(20);
	if (sent[(sent_count - 1) % JOBS].job == NULL)
		ask(&client, &profiles[0], "u");
	refuse(ERROR_ORG, "slow_down", 77, "busy"); /* what the server asks for, from one second on */
	ask(&client, &profiles[0], "u");
	assert_refused(client, ERROR_ORG, FAILURE_WORKER, "busy");
	assert_int_equal(client.failure.retry_after, 77);
	assert_string_equal(client.failure.code, "slow_down");
	pass(77);
	ask(&client, &profiles[0], "u");
	refuse(ERROR_ORG, "slow_down", 1000000, "busy");
	assert_int_equal(client.failure.retry_after, 3600); /* but not for ever */
}

/* What is wrong with the worker is over when it is ready: nobody waits for minutes then. */
static void failures_of_a_worker_end_with_its_restart(void **state)
{
	struct client client = { 0 }, patient = { 0 };

	(void)state;
	worker = WORKER_WAITING;
	for (int i = 0; i < 10; i++) {
		ask(&client, &profiles[0], "u");
		refuse(ERROR_TOKEN, "", 0, "the token was removed");
		pass((double)client.failure.retry_after);
	}
	patient.ask.patient = true;
	ask(&patient, &profiles[0], "u");
	refuse(ERROR_TOKEN, "", 0, "the token was removed");
	assert_true(next_exchange(200) == 200);
	worker = WORKER_READY;
	assert_true(next_exchange(200) <= 2.5);
	refuse(ERROR_NETWORK, "", 0, "unreachable");
	worker = WORKER_STARTING;
	pass(1);
	ask(&client, &profiles[0], "u");
	refuse(ERROR_TOKEN, "", 0, "the token was removed");
	worker = WORKER_READY;
	ask(&client, &profiles[0], "u");
	refuse(ERROR_NETWORK, "", 0, "unreachable"); /* another trouble */
	assert_int_equal(client.failure.retry_after, 1);
	pass(1);
	answer("a", "");
	assert_got(patient, "a");
	leave(&patient);
}

static void answers_that_are_unusable_are_failures(void **state)
{
	struct client client = { 0 };

	(void)state;
	ask(&client, &profiles[0], "u");
	answer("a b", "");
	assert_refused(client, ERROR_ANSWER, FAILURE_WORKER, "access_token");
	ask(&client, &profiles[0], "u");
	assert_int_equal(sent_count, 1);
}

static void login_rate_exceeded_stops_the_user(void **state)
{
	struct client client = { 0 }, other = { 0 }, namesake = { 0 };

	(void)state;
	ask(&client, &profiles[0], "u");
	refuse(ERROR_ORG, "invalid_grant", 0, "the org refused the user: invalid_grant: login rate exceeded");
	assert_refused(client, ERROR_ORG, FAILURE_WORKER, "login rate");
	assert_int_equal(client.failure.retry_after, 900);
	ask(&namesake, &profiles[2], "u"); /* of another server */
	answer("n", "");
	assert_got(namesake, "n");
	leave(&namesake);
	sent_count--;
	for (int minute = 0; minute < 15; minute++) {
		ask(&client, &profiles[0], "u");
		assert_refused(client, ERROR_ORG, FAILURE_WORKER, "login rate");
		ask(&other, &profiles[1], "U"); /* another profile, the same user */
		assert_refused(other, ERROR_ORG, FAILURE_BUDGET, "login rate exceeded");
		assert_true(other.failure.retry_after > (14 - minute) * 60 &&
			    other.failure.retry_after <= (15 - minute) * 60);
		pass(60);
	}
	assert_int_equal(sent_count, 1);
	ask(&other, &profiles[0], "v");
	assert_int_equal(sent_count, 2);
	answer("v", "");
	ask(&other, &profiles[1], "U");
	ask(&client, &profiles[0], "u");
	assert_int_equal(sent_count, 4);
	cache_cancel(cache, &other.ask);
	cache_cancel(cache, &client.ask);
	leave(&other);
}

static void logins_have_a_budget(void **state)
{
	struct client client = { 0 }, other = { 0 };
	char generation[GENERATION_SIZE] = "";

	(void)state;
	for (int i = 0; i < 3; i++)
		profiles[i].logins_per_hour = 3;
	for (int i = 0; i < 3; i++) {
		client.ask.fresh = generation;
		ask(&client, &profiles[i % 2], "u"); /* two profiles for one server */
		assert_int_equal(client.calls, 0);
		answer("a", "");
		if (i != 1)
			strcpy(generation, client.bearer->generation);
		pass(600);
	}
	ask(&client, &profiles[0], "u");
	assert_refused(client, ERROR_ORG, FAILURE_BUDGET, "3 times in the last hour");
	assert_true(client.failure.retry_after > 1750 && client.failure.retry_after < 1900);
	client.ask.fresh = NULL;
	ask(&client, &profiles[0], "u"); /* needs no login */
	assert_got(client, "a");
	ask(&other, &profiles[2], "u"); /* another server */
	answer("b", "");
	assert_got(other, "b");
	pass(1900);
	client.ask.fresh = generation;
	ask(&client, &profiles[0], "u");
	answer("c", "");
	assert_got(client, "c");
	leave(&client);
	leave(&other);
}

static void failures_before_the_server_are_no_logins(void **state)
{
	struct client client = { 0 };

	(void)state;
	profiles[0].logins_per_hour = 1;
	for (int i = 0; i < 5; i++) {
		ask(&client, &profiles[0], "u");
		refuse(ERROR_TOKEN, "", 0, "the token was removed");
		pass(400);
	}
	ask(&client, &profiles[0], "u");
	refuse(ERROR_NETWORK, "", 0, "no answer"); /* it may have counted */
	pass(400);
	ask(&client, &profiles[0], "u");
	assert_refused(client, ERROR_ORG, FAILURE_BUDGET, "has logged in 1 time in");
}

/* --- patience ---------------------------------------------------------------------------------------------------- */

static void patient_asks_wait_for_better_times(void **state)
{
	struct client patient = { .ask.patient = true }, other = { 0 };

	(void)state;
	ask(&patient, &profiles[0], "u");
	for (int i = 0; i < 6; i++) {
		refuse(ERROR_ORG, "", 0, "HTTP status 503");
		ask(&other, &profiles[0], "u");
		assert_refused(other, ERROR_ORG, FAILURE_WORKER, "503");
		assert_true(next_exchange(400) < 400);
	}
	pass(100); /* it has no time limit */
	assert_int_equal(patient.calls, 0);
	answer("a", "");
	assert_got(patient, "a");
	leave(&patient);
}

static void patient_asks_end_with_what_is_final(void **state)
{
	static const struct {
		enum error_class class;
		const char *code, *text;
		bool final;
	} rows[] = {
		{ ERROR_ORG, "invalid_grant", "user hasn't approved this consumer", true },
		{ ERROR_ORG, "invalid_client", "no such app", true },
		{ ERROR_ORG, "invalid_grant", "login rate exceeded", false },
		{ ERROR_ORG, "server_error", "oops", false },
		{ ERROR_PIN, "", "the PIN was refused", true },
		{ ERROR_TOKEN, "", "gone", false },
		{ ERROR_NETWORK, "", "gone", false },
		{ ERROR_ANSWER, "", "not JSON", false },
		{ ERROR_UNEXPECTED, "", "the worker has ended", false },
		{ ERROR_CONFIG, "", "no client-id", true },
		{ ERROR_USAGE, "", "no such option", true },
	};
	struct client client = { .ask.patient = true };
	struct failure request;
	char username[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(username, sizeof(username), "u%zu", i);
		ask(&client, &profiles[0], username);
		refuse(rows[i].class, rows[i].code, 0, rows[i].text);
		assert_int_equal(client.calls, rows[i].final ? 1 : 0);
		cache_cancel(cache, &client.ask);
		ask(&client, &profiles[0], username); /* while it is remembered */
		assert_int_equal(client.calls, rows[i].final ? 1 : 0);
		cache_cancel(cache, &client.ask);
		ask(&client, &profiles[1], username);
		if (strstr(rows[i].text, "login rate") == NULL)
			refuse(rows[i].class, rows[i].code, 7, rows[i].text); /* the worker says that it may help */
		assert_int_equal(client.calls, 0);
		cache_cancel(cache, &client.ask);
	}
	failure_set(&request, FAILURE_REQUEST, ERROR_USAGE, 0, "too long");
	at_once = &request;
	ask(&client, &profiles[0], "v");
	assert_refused(client, ERROR_USAGE, FAILURE_REQUEST, "too long");
}

static void patient_asks_wait_for_unlock(void **state)
{
	struct client patient = { .ask.patient = true }, other = { 0 };
	struct failure locked;

	(void)state;
	failure_set(&locked, FAILURE_LOCKED, ERROR_PIN, 0, "locked");
	at_once = &locked;
	worker = WORKER_LOCKED;
	profiles[0].logins_per_hour = 1;
	ask(&patient, &profiles[0], NULL);
	ask(&other, &profiles[0], NULL);
	assert_refused(other, ERROR_PIN, FAILURE_LOCKED, "locked");
	pass(10000);
	assert_int_equal(patient.calls, 0);
	assert_true(sent_count <= 2); /* only for the one in a hurry */
	at_once = NULL;
	worker = WORKER_READY;
	assert_true(next_exchange(10) <= 5);
	answer("a", "");
	assert_got(patient, "a");
	leave(&patient);
}

/* --- time limits ------------------------------------------------------------------------------------------------- */

static void late_answers_are_kept(void **state)
{
	struct client client = { 0 }, second = { 0 };

	(void)state;
	ask(&client, &profiles[0], NULL);
	assert_true(sent[0].limit > 120e3);
	pass(30);
	ask(&second, &profiles[0], NULL);
	pass(29.9);
	assert_int_equal(client.calls, 0);
	pass(0.2);
	assert_refused(client, ERROR_NETWORK, FAILURE_TIME, "has not answered");
	assert_int_equal(second.calls, 0);
	pass(30);
	assert_refused(second, ERROR_NETWORK, FAILURE_TIME, "has not answered");
	ask(&client, &profiles[0], NULL); /* joins again */
	assert_int_equal(sent_count, 1);
	pass(100);
	assert_refused(client, ERROR_NETWORK, FAILURE_TIME, "has not answered");
	answer("late", ",\"expires_in\":1000");
	ask(&client, &profiles[0], NULL);
	assert_got(client, "late");
	assert_int_equal(sent_count, 1);
	leave(&client);
}

static void the_time_limit_follows_the_profile(void **state)
{
	struct client client = { .ask.min_life = 900 };

	(void)state;
	profiles[0].module_timeout = 3;
	profiles[0].timeout = 4;
	ask(&client, &profiles[0], "u");
	pass(11.9);
	assert_int_equal(client.calls, 0);
	pass(0.2);
	assert_refused(client, ERROR_NETWORK, FAILURE_TIME, "has not answered");
	answer("a", ",\"expires_in\":1000");
	pass(200);
	ask(&client, &profiles[0], "u");
	pass(13);
	assert_got(client, "a"); /* better than nothing */
	leave(&client);
}

/* --- cancelling -------------------------------------------------------------------------------------------------- */

static void cancelled_asks_are_left_alone(void **state)
{
	struct client a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

	(void)state;
	ask(&a, &profiles[0], NULL);
	ask(&b, &profiles[0], NULL);
	ask(&c, &profiles[0], NULL);
	ask(&d, &profiles[0], NULL);
	cache_cancel(cache, &d.ask);
	cache_cancel(cache, &a.ask);
	b.cancels = &c;
	answer("x", "");
	assert_got(b, "x");
	assert_int_equal(a.calls + c.calls + d.calls, 0);
	cache_cancel(cache, &b.ask); /* over */
	/* In a callback, ask again, and cancel one that is to fail. */
	b.cancels = NULL;
	b.asks_again = true;
	ask(&b, &profiles[0], "u");
	c.ask.patient = false;
	ask(&c, &profiles[0], "u");
	refuse(ERROR_NETWORK, "", 0, "unreachable");
	assert_int_equal(b.calls, 2);
	assert_int_equal(c.calls, 1);
	assert_int_equal(sent_count, 2);
	/* Nobody waits for the exchange, but it was made. */
	ask(&d, &profiles[1], "w");
	cache_cancel(cache, &d.ask);
	assert_int_equal(cancelled, 0);
	answer("y", "");
	ask(&d, &profiles[1], "w");
	assert_got(d, "y");
	leave(&b);
	leave(&d);
}

/* As above, but those that are answered differ in what they get. */
static void nothing_is_exchanged_for_those_who_have_left(void **state)
{
	struct client a = { 0 }, b = { 0 };

	(void)state;
	is_queued = true;
	profiles[0].logins_per_hour = 1;
	ask(&a, &profiles[0], NULL);
	ask(&b, &profiles[0], NULL);
	cache_cancel(cache, &a.ask);
	assert_int_equal(cancelled, 0);
	cache_cancel(cache, &b.ask);
	assert_int_equal(cancelled, 1);
	assert_int_equal(timer_count, 0);
	ask(&a, &profiles[0], NULL); /* no login was used up */
	assert_int_equal(sent_count, 2);
	answer("x", "");
	assert_got(a, "x");
	leave(&a);
}

static void cancelled_asks_are_not_told_of_failures(void **state)
{
	struct client lives = { .ask.min_life = 900 }, fresh = { 0 }, moved = { 0 }, gone = { 0 };
	char generation[GENERATION_SIZE];
	struct failure refused;
	struct error error;

	(void)state;
	ask(&lives, &profiles[0], "u");
	answer("a", ",\"expires_in\":1000");
	strcpy(generation, lives.bearer->generation);
	pass(200);
	ask(&lives, &profiles[0], "u");
	fresh.ask.fresh = generation;
	ask(&fresh, &profiles[0], "u");
	lives.cancels = &fresh;
	refuse(ERROR_NETWORK, "", 0, "unreachable");
	assert_got(lives, "a");
	assert_int_equal(fresh.calls, 0);
	leave(&lives);
	/* At a reload, one profile changes and another is gone. */
	ask(&moved, &profiles[0], "v");
	ask(&gone, &profiles[2], "v");
	moved.cancels = &gone;
	failure_set(&refused, FAILURE_WORKER, ERROR_ORG, 0, "no such user");
	at_once = &refused;
	others[0].fingerprint = text("changed");
	other_config.count = 2;
	assert_works(cache_configure(cache, &other_config, &error), &error);
	other_config.count = 3;
	assert_refused(moved, ERROR_ORG, FAILURE_WORKER, "no such user");
	assert_int_equal(gone.calls, 0);
}

/* --- forgetting -------------------------------------------------------------------------------------------------- */

static void forget_wipes_what_it_names(void **state)
{
	struct client clients[4] = { 0 };
	static const char *const users[] = { "own@example.com", "u", "u", "v" };
	struct failure locked;
	char token[4];

	(void)state;
	failure_set(&locked, FAILURE_LOCKED, ERROR_PIN, 0, "locked");
	for (int i = 0; i < 4; i++) {
		snprintf(token, sizeof(token), "t%d", i);
		ask(&clients[i], &profiles[i / 2], users[i]);
		answer(token, "");
		assert_got(clients[i], token);
	}
	assert_int_equal(cache_forget(cache, &profiles[0], "u", NULL), 1);
	assert_int_equal(cache_forget(cache, &profiles[0], "u", NULL), 0);
	ask(&clients[2], &profiles[1], "u");
	assert_got(clients[2], "t2");
	ask(&clients[0], &profiles[0], "u");
	assert_int_equal(sent_count, 5);
	ask(&clients[1], &profiles[0], "w");
	assert_int_equal(sent_count, 6);
	assert_int_equal(wipes, 0);
	assert_int_equal(cache_forget(cache, &profiles[0], NULL, &locked), 1);
	assert_int_equal(wipes, 1);
	assert_refused(clients[0], ERROR_PIN, FAILURE_LOCKED, "locked");
	assert_refused(clients[1], ERROR_PIN, FAILURE_LOCKED, "locked");
	assert_int_equal(cancelled, 2);
	assert_int_equal(sent_count, 6);
	ask(&clients[0], &profiles[0], "u"); /* an exchange that is abandoned is made again */
	assert_int_equal(cache_forget(cache, NULL, NULL, NULL), 2);
	assert_int_equal(cancelled, 3);
	assert_int_equal(sent_count, 8);
	assert_int_equal(clients[0].calls, 0);
	answer("new", "");
	assert_got(clients[0], "new");
	for (int i = 0; i < 4; i++)
		leave(&clients[i]);
}

/* Whether the writable memory of this process contains the text, which is given with each byte inverted. */
static bool memory_has(const char *inverted, size_t length)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned long begin, end;
	bool found = false;
	size_t i;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx rw", &begin, &end) != 2 || strstr(line, " rw") == NULL)
			continue;
		for (unsigned long at = begin; at < end && !found; at++) {
			const char *memory = (const char *)at;

			for (i = 0; i < length && at + i < end && memory[i] == (char)~inverted[i]; i++)
				;
			found = i == length;
		}
	}
	fclose(maps);
	return found;
}

static void forgotten_bearers_are_nowhere(void **state)
{
	enum { LENGTH = 40 };
	cJSON_Hooks hooks = { wipe_malloc, wipe_free };
	struct secret *line;
	struct client client = { 0 };
	char inverted[LENGTH], *token;
	struct job *job;

	(void)state;
#ifdef P11BEARER_SANITIZED
	skip(); /* they have more memory than can be searched */
#endif
	cJSON_InitHooks(&hooks);
	line = secret_new(200);
	assert_int_equal(secret_append(line, "\"access_token\":\"", 16), 0);
	token = secret_extend(line, LENGTH);
	for (int i = 0; i < LENGTH; i++) {
		token[i] = (char)('A' + (i * 7 + (int)getpid()) % 50);
		if (token[i] == '\\')
			token[i] = '-';
		inverted[i] = (char)~token[i];
	}
	assert_int_equal(secret_append(line, "\"}", 2), 0);
	ask(&client, &profiles[0], NULL);
	job = take_job();
	job->done(job, secret_data(line), secret_length(line), NULL);
	secret_free(&line);
	assert_non_null(client.bearer);
	leave(&client);
	assert_true(memory_has(inverted, LENGTH));
	assert_int_equal(cache_forget(cache, NULL, NULL, NULL), 1);
	assert_false(memory_has(inverted, LENGTH));
	cJSON_InitHooks(NULL);
}

/* --- another configuration --------------------------------------------------------------------------------------- */

static void unchanged_profiles_keep_bearers(void **state)
{
	struct client kept = { 0 }, changed = { 0 }, waiting = { 0 }, moved = { 0 }, gone = { 0 };
	struct error error;

	(void)state;
	ask(&kept, &profiles[0], NULL);
	answer("a", ",\"expires_in\":1000");
	ask(&changed, &profiles[1], NULL);
	answer("b", "");
	ask(&waiting, &profiles[0], "u");
	ask(&moved, &profiles[1], "u");
	ask(&gone, &profiles[2], "u");
	assert_int_equal(sent_count, 5);
	/* In another order: "two" differs, "one" has a sink now, and "far" is gone. */
	others[0] = others[1];
	others[0].fingerprint = text("two, changed");
	others[1] = profiles[0];
	others[1].sink = text("/run/x");
	other_config.count = 2;
	assert_works(cache_configure(cache, &other_config, &error), &error);
	other_config.count = 3;
	memset(profiles, 0x5a, sizeof(profiles)); /* nobody uses it any more */
	assert_int_equal(cancelled, 2);
	assert_int_equal(wipes, 1);
	assert_non_null(sink);
	assert_string_equal(secret_data(sink->token), "a");
	assert_refused(gone, ERROR_USAGE, FAILURE_DENIED, "no longer has");
	assert_int_equal(sent_count, 6);
	assert_ptr_equal(sent[5].profile, &others[0]);
	answer("c", "");
	assert_got(moved, "c");
	assert_ptr_equal(moved.ask.profile, &others[0]);
	ask(&changed, &others[0], NULL);
	answer("d", "");
	assert_got(changed, "d");
	ask(&kept, &others[1], NULL);
	assert_got(kept, "a");
	sent_count = 3; /* that of `waiting` */
	answer("e", "");
	assert_got(waiting, "e");
	assert_ptr_equal(waiting.ask.profile, &others[1]);
	leave(&kept);
	leave(&changed);
	leave(&waiting);
	leave(&moved);
}

/* A reload that changes only the keys: bearers stay, and what the old worker was to do is done by the new one. */
static void another_worker_takes_over(void **state)
{
	struct client kept = { 0 }, waiting = { 0 }, refused = { 0 }, renewed = { 0 };
	struct error error;

	(void)state;
	for (int i = 0; i < 3; i++)
		profiles[i].logins_per_hour = others[i].logins_per_hour = 2;
	ask(&kept, &profiles[0], NULL);
	answer("a", ",\"expires_in\":1000");
	assert_got(kept, "a");
	ask(&refused, &profiles[0], "v");
	refuse(ERROR_ORG, "invalid_client", 0, "not that key");
	assert_refused(refused, ERROR_ORG, FAILURE_WORKER, "not that key");
	pass(900);
	ask(&renewed, &profiles[0], NULL); /* in the background */
	ask(&waiting, &profiles[0], "u");
	assert_int_equal(sent_count, 4);
	/* Each exchange counts as one login, however often it begins. */
	for (int i = 0; i < 3; i++) {
		struct agent_config *next = i % 2 == 0 ? &other_config : &config;

		next->profiles[0].worker = text(i % 2 == 0 ? "module, both keys" : "module, another key");
		next->profiles[1].worker = next->profiles[0].worker;
		assert_works(cache_configure(cache, next, &error), &error);
		assert_int_equal(cancelled, 2 * i + 2);
		assert_int_equal(sent_count, 2 * i + 4);
		pass(0);
		assert_int_equal(sent_count, 2 * i + 6);
		assert_ptr_equal(sent[sent_count - 1].profile, &next->profiles[0]);
	}
	assert_int_equal(wipes, 0);
	assert_int_equal(waiting.calls, 0);
	answer("b", "");
	assert_got(waiting, "b");
	ask(&kept, &other_config.profiles[0], NULL);
	assert_got(kept, "a");
	ask(&refused, &other_config.profiles[0], "v"); /* the new worker has not failed yet */
	answer("c", "");
	assert_got(refused, "c");
	leave(&kept);
	leave(&waiting);
	leave(&refused);
	leave(&renewed);
}

static void closing_ends_asks(void **state)
{
	struct client client = { 0 }, patient = { .ask.patient = true };

	(void)state;
	ask(&client, &profiles[0], NULL);
	ask(&patient, &profiles[2], "u");
	cache_close(&cache);
	assert_refused(client, ERROR_CONFIG, FAILURE_WORKER, "the agent ends");
	assert_refused(patient, ERROR_CONFIG, FAILURE_WORKER, "the agent ends");
	assert_int_equal(cancelled, 2);
}

/* --- limits ------------------------------------------------------------------------------------------------------ */

/* Whoever names one user after the other must not exhaust memory, nor drive out bearers. */
static void strange_users_drive_nobody_out(void **state)
{
	enum { USERS = 50000, BARE = 20000 };
	struct client client = { 0 }, stranger = { 0 };
	struct failure refused;
	char username[16];

	(void)state;
	ask(&client, &profiles[0], NULL);
	answer("a", "");
	failure_set(&refused, FAILURE_WORKER, ERROR_ORG, 0, "no such user");
	at_once = &refused;
	for (int i = 0; i < USERS; i++) {
		snprintf(username, sizeof(username), "u%d", i);
		ask(&stranger, &profiles[0], username);
		assert_refused(stranger, ERROR_ORG, FAILURE_WORKER, "no such user");
	}
	assert_int_equal(sent_count, USERS + 1);
	ask(&client, &profiles[0], NULL);
	assert_got(client, "a");
	ask(&stranger, &profiles[0], "u49999"); /* the last ones are remembered */
	snprintf(username, sizeof(username), "u%d", USERS - BARE + 2);
	ask(&stranger, &profiles[0], username);
	assert_int_equal(sent_count, USERS + 1);
	ask(&stranger, &profiles[0], "u5"); /* the first are not */
	assert_int_equal(sent_count, USERS + 2);
	leave(&client);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_asks_cause_one_exchange),
		TEST(others_get_other_bearers),
		TEST(the_line_has_all_members),
		TEST(wrong_asks_reach_no_worker),
		TEST(a_longer_life_is_tried_once),
		TEST(a_refused_bearer_is_renewed_once),
		TEST(without_an_expiry_only_fresh_renews),
		TEST(used_bearers_are_renewed_ahead),
		TEST(late_use_renews_in_the_background),
		TEST(sinks_always_have_a_bearer),
		TEST(a_live_bearer_survives_failed_renewals),
		TEST(clock_jumps_do_no_harm),
		TEST(failures_are_remembered_for_growing_times),
		TEST(failures_of_a_worker_end_with_its_restart),
		TEST(answers_that_are_unusable_are_failures),
		TEST(login_rate_exceeded_stops_the_user),
		TEST(logins_have_a_budget),
		TEST(failures_before_the_server_are_no_logins),
		TEST(patient_asks_wait_for_better_times),
		TEST(patient_asks_end_with_what_is_final),
		TEST(patient_asks_wait_for_unlock),
		TEST(late_answers_are_kept),
		TEST(the_time_limit_follows_the_profile),
		TEST(cancelled_asks_are_left_alone),
		TEST(nothing_is_exchanged_for_those_who_have_left),
		TEST(cancelled_asks_are_not_told_of_failures),
		TEST(forget_wipes_what_it_names),
		TEST(forgotten_bearers_are_nowhere),
		TEST(unchanged_profiles_keep_bearers),
		TEST(another_worker_takes_over),
		TEST(closing_ends_asks),
		TEST(strange_users_drive_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
