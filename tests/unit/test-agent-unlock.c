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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_WORKERS(waits_longer), WITH_WORKERS(cannot_start), WITH_WORKERS(a_refused_pin),
	};

	return is_worker(argc, argv) ? worker_main(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
