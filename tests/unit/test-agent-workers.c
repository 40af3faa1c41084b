/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's workers: their answers, and their ends. */
#include "agent-workers.h"

#include <fcntl.h>

/* --- answers ----------------------------------------------------------------------------------------------------- */

static void answers(void **state)
{
	static struct call call, other;

	(void)state;
	begin("ok", 0, 1);
	assert_int_equal(agent_workers_state(workers, &profiles[0]), WORKER_STARTING);
	send_job(&call, 0, WORKER_BEARERS, PATIENCE_MS); /* it waits until the worker is ready */
	send_job(&other, 0, WORKER_ASSERTIONS, PATIENCE_MS);
	await(all_are_done);
	assert_string_equal(call.answer, "\"jti\":\"j\",\"access_token\":\"t2\"}");
	assert_string_equal(other.answer, "\"assertion\":\"a2\"}");
	assert_int_equal(agent_workers_starts(workers), 2);
	assert_int_equal(starts(), 2);
	assert_string_equal(agent_workers_reason(workers, &profiles[0]), "");
}

static void many_answers(void **state)
{
	static struct call calls[1000];

	(void)state;
	begin("bytes", 0, 1);
	for (size_t i = 0; i < COUNT(calls); i++)
		send_job(&calls[i], 0, WORKER_BEARERS, PATIENCE_MS);
	await(all_are_done);
	for (size_t i = 0; i < COUNT(calls); i++)
		assert_non_null(strstr(calls[i].answer, "access_token"));
}

static void refusals(void **state)
{
	static struct call call;

	(void)state;
	begin("refuse", 0, 1);
	ask(&call);
	assert_failure(call, ERROR_ORG, "no");
	assert_string_equal(call.failure.error.hint, "try");
	assert_string_equal(call.failure.code, "invalid_grant");
	assert_int_equal(call.failure.retry_after, 7);
	assert_int_equal(call.failure.kind, FAILURE_WORKER);
	assert_true(is_ready());
}

static void inherits_little(void **state)
{
	static struct call call;
	int other = open("/dev/null", O_RDONLY); /* not close-on-exec */
	sigset_t mask, before;

	(void)state;
	setenv("NOTIFY_SOCKET", "x", 1);
	setenv("WATCHDOG_USEC", "x", 1);
	setenv("LISTEN_FDS", "x", 1);
	setenv("TESTED_OTHER", "yes", 1);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &before);
	begin("report", 0, 1);
	ask(&call);
	sigprocmask(SIG_SETMASK, &before, NULL);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("LISTEN_FDS");
	close(other);
	assert_string_equal(call.answer, "\"jti\":null,\"argv\":\"token --batch --agent no --profile one --config /dev/fd/3 "
			    "--parallel 32 --rate-wait 0\",\"fds\":\"0 1 2 3 \",\"signals\":\"\","
			    "\"environment\":\"TESTED_OTHER=yes \"}");
}

/* A job that is cancelled is not called back; its line still counts. */
static void cancels(void **state)
{
	static struct call first, second, third;

	(void)state;
	begin("ok", 0, 1);
	send_job(&first, 0, WORKER_BEARERS, PATIENCE_MS);
	agent_workers_cancel(workers, &first.job);
	await(is_ready);
	send_job(&second, 0, WORKER_BEARERS, PATIENCE_MS);
	agent_workers_cancel(workers, &second.job);
	agent_workers_cancel(workers, &second.job);
	outstanding = 0;
	ask(&third);
	assert_int_equal(first.calls + second.calls, 0);
	assert_string_equal(third.answer, "\"jti\":\"j\",\"access_token\":\"t3\"}");
}

/* A late answer is dropped; the worker is asked whether it lives, and it does. */
static void times_out(void **state)
{
	static struct call call, other;

	(void)state;
	begin("skip", 0, 1);
	send_job(&call, 0, WORKER_BEARERS, 1200);
	await(all_are_done);
	assert_failure(call, ERROR_NETWORK, "no answer came in time");
	assert_int_equal(call.failure.kind, FAILURE_TIME);
	ask(&other);
	assert_contains(other.answer, "access_token");
	assert_int_equal(agent_workers_starts(workers), 1);
}

static void refuses_long_lines(void **state)
{
	static struct call call = { .job.done = done, .job.context = &call };
	static char members[70000];

	(void)state;
	begin("ok", 0, 1);
	memset(members, 'x', sizeof(members) - 1);
	outstanding++;
	agent_workers_send(workers, &profiles[0], WORKER_BEARERS, members, PATIENCE_MS, &call.job);
	assert_failure(call, ERROR_USAGE, "too long");
	assert_int_equal(call.failure.kind, FAILURE_REQUEST);
}

/* --- ends -------------------------------------------------------------------------------------------------------- */

/* Whatever ends it after it was ready, the job fails with the reason, and the next worker answers. */
static void ends(const char *how, enum error_class class, const char *reason)
{
	static struct call call, other;
	char both[128];

	snprintf(both, sizeof(both), "%s|ok", how);
	begin(both, 0, 1);
	await(is_ready);
	ask(&call);
	assert_failure(call, class, reason);
	assert_int_equal(call.failure.retry_after, 1);
	assert_true(is_waiting());
	assert_contains(agent_workers_reason(workers, &profiles[0]), reason);
	ask(&other); /* fails at once */
	assert_failure(other, class, reason);
	await(is_ready);
	assert_string_equal(agent_workers_reason(workers, &profiles[0]), "");
	ask(&other);
	assert_contains(other.answer, "access_token");
	assert_int_equal(starts(), 2);
	assert_int_equal(idles, 0);
}

static void dies(void **state)
{
	(void)state;
	ends("die=6", ERROR_TOKEN, "the token failed; 1 line done; the input is read up to line 2");
}

static void dies_after_a_note(void **state)
{
	(void)state;
	ends("die=6 note", ERROR_TOKEN, "the token failed; 1 line done; the input is read up to line 2");
}

static void ends_without_a_reason(void **state)
{
	(void)state;
	ends("end", ERROR_TOKEN, "the worker ended with status 0");
}

static void crashes(void **state)
{
	(void)state;
	ends("crash", ERROR_TOKEN, "signal 9");
}

static void is_stopped(void **state)
{
	(void)state;
	ends("stop", ERROR_TOKEN, "no longer answers");
}

static void is_deaf(void **state)
{
	(void)state;
	ends("mute deaf", ERROR_TOKEN, "no longer answers");
}

static void floods(void **state)
{
	(void)state;
	ends("flood", ERROR_TOKEN, "too long");
}

/* In place of the answer to line 2, with the ref 1. */
static void writes_rubbish(void **state)
{
	static const char *const lines[] = {
		"\n", "rubbish\n", "{}\n", "[]\n", "{\"line\":2}\n", "{\"line\":2,\"ref\":1}\n",
		"{\"line\":2,\"ref\":1,\"access_token\":\"t\"}\n", "{\"line\":2,\"ref\":11,\"jti\":null}\n",
		"{\"line\":92,\"ref\":1,\"jti\":null}\n", "{\"line\":02,\"ref\":1,\"jti\":null}\n ",
		"{\"line\":-2,\"ref\":1,\"jti\":null}\n", "{\"line\":2,\"ref\":1,\"jti\":null,}\n",
		"{\"line\":2,\"ref\":1,\"jti\":null}}\n", " {\"line\":2,\"ref\":1,\"jti\":null}\n",
		"{\"line\":2,\"ref\":\"1\",\"jti\":null}\n", "{\"line\":2,\"jti\":null}\n",
		"{\"line\":2,\"ref\":1,\"jti\":007}\n", "{\"line\":2,\"ref\":1,\"jti\":\"\\u0000\"}\n",
		"{\"line\":2,\"ref\":1,\"error\":1,\"hint\":null,\"status\":3}\n",
		"{\"line\":2,\"ref\":1,\"error\":\"x\",\"hint\":null,\"status\":10}\n",
		"{\"line\":2,\"ref\":1,\"error\":\"x\",\"hint\":null,\"status\":0}\n",
		"{\"line\":2,\"ref\":1,\"error\":\"x\",\"hint\":null}\n",
		"{\"line\":0,\"ref\":1,\"jti\":null}\n", "{\"line\":3,\"ref\":1,\"jti\":null}\n",
		"{\"line\":1,\"ref\":0,\"jti\":null}\n", "{\"line\":99999999999999999999999,\"ref\":0,\"jti\":null}\n",
		"{\"line\":2,\"ref\":1,\"assertion\":\"a\"}\n", "{\"line\":2,\"ref\":1,\"jti\":\"\xff\"}\n",
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		if (i > 0 && open_workers(state) < 0)
			fail();
		setenv("RUBBISH", lines[i], 1);
		ends("rubbish", ERROR_TOKEN, "no answer");
		if (i + 1 < COUNT(lines))
			assert_int_equal(close_workers(state), 0);
	}
}

/* An error without ref is the line's all the same. */
static void takes_an_error_without_ref(void **state)
{
	static struct call call;

	(void)state;
	begin("no-ref", 0, 1);
	ask(&call);
	assert_failure(call, ERROR_CONFIG, "no");
	assert_true(is_ready());
}

/* It is killed some time after the end, in which others end by themselves. */
static void lingers(void **state)
{
	double began = clock_boot_ms();

	(void)state;
	begin("linger|ok", 0, 2);
	await(two_is_ready);
	agent_workers_close(&workers);
	assert_true(clock_boot_ms() - began >= 990);
	assert_works(agent_workers_open(&workers, loop, &setup, count_idle, NULL, &error), &error);
}

/* Its stdin ends with this process, however it ends. */
static void survives_nobody(void **state)
{
	const char *farewell = unit_path(state, "farewell");
	pid_t agent;

	setenv("FAREWELL", farewell, 1);
	agent = fork();
	if (agent == 0) {
		begin("farewell", 0, 1);
		await(is_ready);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(agent, NULL, 0), agent);
	for (int i = 0; i < PATIENCE_MS / 10 && access(farewell, F_OK) < 0; i++)
		usleep(10000);
	assert_int_equal(access(farewell, F_OK), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_WORKERS(answers), WITH_WORKERS(many_answers), WITH_WORKERS(refusals),
		WITH_WORKERS(inherits_little), WITH_WORKERS(cancels), WITH_WORKERS(times_out),
		WITH_WORKERS(refuses_long_lines), WITH_WORKERS(dies), WITH_WORKERS(dies_after_a_note),
		WITH_WORKERS(ends_without_a_reason),
		WITH_WORKERS(crashes), WITH_WORKERS(is_stopped), WITH_WORKERS(is_deaf), WITH_WORKERS(floods),
		WITH_WORKERS(writes_rubbish), WITH_WORKERS(takes_an_error_without_ref),
		WITH_WORKERS(lingers), WITH_WORKERS(survives_nobody),
	};

	return is_worker(argc, argv) ? worker_main(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
