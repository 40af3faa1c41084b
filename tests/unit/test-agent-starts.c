/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's workers: when they start, and when they must not. */
#include "agent-workers.h"

/* --- starts that fail -------------------------------------------------------------------------------------------- */

/* The delays grow. */
static void waits_longer(void **state)
{
	static struct call call;
	double began = clock_boot_ms();

	(void)state;
	workers->delay = 40;
	begin("exit=4|exit=6|exit=3|exit=2|ok", 0, 1);
	await(is_ready);
	assert_true(clock_boot_ms() - began >= 40 + 80 + 160 + 320);
	assert_int_equal(starts(), 5);
	ask(&call);
	assert_contains(call.answer, "access_token");
}

static void cannot_start(void **state)
{
	static struct call call;

	(void)state;
	setup.program = "/nonexistent/p11bearer";
	begin("ok", 0, 1);
	send_job(&call, 0, WORKER_BEARERS, PATIENCE_MS);
	assert_failure(call, ERROR_CONFIG, "cannot run /nonexistent/p11bearer: No such file");
	assert_true(is_waiting());
	setup.program = "/proc/self/exe";
	await(is_ready);
}

static void once_refused_stays_down(const char *how, enum error_class class, const char *reason)
{
	static struct call call;

	begin(how, 0, 1);
	send_job(&call, 0, WORKER_BEARERS, PATIENCE_MS);
	await(all_are_done);
	assert_failure(call, class, reason);
	assert_int_equal(call.failure.retry_after, 0);
	assert_true(is_refused());
	assert_int_equal(idles, 1);
	ask(&call);
	assert_failure(call, class, reason);
	send_job(&call, 0, WORKER_ASSERTIONS, PATIENCE_MS); /* the same PIN */
	await(all_are_done);
	assert_failure(call, ERROR_PIN, "not tried");
	begin(how, 0, 1); /* a reload that changes nothing */
	assert_int_equal(starts(), 1);
}

static void a_refused_pin(void **state)
{
	(void)state;
	once_refused_stays_down("exit=5|ok", ERROR_PIN, "the token refused the PIN");
}

static void a_crash_before_it_is_ready(void **state)
{
	(void)state;
	begin("start-crash|ok", 0, 1);
	await(is_refused);
	assert_contains(agent_workers_reason(workers, &profiles[0]), "signal 9");
	assert_int_equal(idles, 1);
	assert_int_equal(starts(), 1);
}

static bool has_started(void)
{
	return starts() == 1;
}

/* It is killed; nobody knows whether it has logged in. */
static void silence_before_it_is_ready(void **state)
{
	struct timer *life;

	(void)state;
	begin("start-mute|ok", 0, 1);
	life = &workers->list->life;
	await(has_started);
	assert_true(life->due > loop_now(loop) + 3 * 60e3);
	assert_int_equal(timer_set(loop, life, loop_now(loop) + 50), 0);
	await(is_refused);
	assert_contains(agent_workers_reason(workers, &profiles[0]), "did not become ready in time");
	assert_int_equal(starts(), 1);
}

/* A login that succeeded may be repeated. */
static void a_refusal_after_it_was_ready(void **state)
{
	static struct call call;

	(void)state;
	begin("die=5|ok", 0, 1);
	await(is_ready);
	ask(&call);
	assert_failure(call, ERROR_PIN, "the token failed");
	assert_true(is_refused());
}

static bool is_ready_or_two(void)
{
	return is_ready() || two_is_ready();
}

static bool two_is_refused(void)
{
	return agent_workers_state(workers, &profiles[1]) == WORKER_REFUSED;
}

/* --- several workers on one token -------------------------------------------------------------------------------- */

static void one_after_the_other(void **state)
{
	(void)state;
	begin("ok", 0, 2);
	assert_int_equal(agent_workers_starts(workers), 1);
	await(is_ready_or_two);
	assert_int_equal(agent_workers_starts(workers), 2);
	await(is_ready);
	await(two_is_ready);
}

static void one_refusal_is_enough(void **state)
{
	(void)state;
	begin("exit=5", 0, 2);
	await(is_refused);
	assert_int_equal(agent_workers_state(workers, &profiles[1]), WORKER_REFUSED);
	assert_int_equal(idles, 1);
	assert_int_equal(starts(), 1);
}

static void one_that_runs_is_left_alone(void **state)
{
	static struct call call;

	(void)state;
	begin("ok|exit=5", 0, 1);
	await(is_ready);
	begin("ok|exit=5", 0, 2);
	await(two_is_refused);
	ask(&call);
	assert_contains(call.answer, "access_token");
	assert_int_equal(idles, 0);
}

/* --- reload ------------------------------------------------------------------------------------------------------ */

static void a_reload_keeps_what_is_the_same(void **state)
{
	static struct call call;
	static struct agent_profile same[2];

	(void)state;
	begin("ok", 0, 2);
	await(two_is_ready);
	same[0] = profiles[0];
	same[1] = profiles[1];
	same[1].worker = (char *)"other";
	send_job(&call, 1, WORKER_BEARERS, PATIENCE_MS);
	config.profiles = same;
	assert_works(agent_workers_configure(workers, &config, &error), &error);
	assert_int_equal(call.calls, 0); /* until the cache has another place for it */
	agent_workers_retire(workers);
	assert_failure(call, ERROR_CONFIG, "configuration has changed");
	assert_true(is_ready());
	assert_int_equal(agent_workers_state(workers, &same[1]), WORKER_STARTING);
	send_job(&call, 1, WORKER_BEARERS, PATIENCE_MS);
	assert_failure(call, ERROR_CONFIG, "configuration has changed");
	assert_int_equal(agent_workers_starts(workers), 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_WORKERS(waits_longer), WITH_WORKERS(cannot_start), WITH_WORKERS(a_refused_pin),
		WITH_WORKERS(a_crash_before_it_is_ready), WITH_WORKERS(silence_before_it_is_ready),
		WITH_WORKERS(a_refusal_after_it_was_ready), WITH_WORKERS(one_after_the_other),
		WITH_WORKERS(one_refusal_is_enough), WITH_WORKERS(one_that_runs_is_left_alone),
		WITH_WORKERS(a_reload_keeps_what_is_the_same),
	};

	return is_worker(argc, argv) ? worker_main(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
