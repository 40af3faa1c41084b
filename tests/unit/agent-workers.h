/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the agent's workers have in common. */
#ifndef P11BEARER_TESTS_AGENT_WORKERS_H
#define P11BEARER_TESTS_AGENT_WORKERS_H

#include "played-worker.h"

#include "agent/worker.h"
#include "base/clock.h"

#include <sys/wait.h>

enum { PATIENCE_MS = 20000 };

/* --- what every test has ----------------------------------------------------------------------------------------- */

static struct agent_profile profiles[] = {
	{ .name = (char *)"one", .key = (char *)"pkcs11:serial=1;token=T;object=a", .worker = (char *)"w1",
	  .module_timeout = 60 },
	{ .name = (char *)"two", .key = (char *)"pkcs11:object=b;token=T", .worker = (char *)"w2",
	  .module_timeout = 60 },
	{ .name = (char *)"typed", .key = (char *)"pkcs11:token=U", .worker = (char *)"w3", .module_timeout = 60,
	  .allow_assertion = (char *)"uid:0", .prompt = true },
};
static struct agent_config config = { .profiles = profiles };
static struct agent_setup setup;
static struct loop *loop;
static struct workers *workers;
static struct error error;
static int idles;

static inline void count_idle(void *context)
{
	(void)context;
	idles++;
}

/* Starts `count` of the profiles, from `first`, with workers that do what the plan says. */
static inline void begin(const char *plan_text, size_t first, size_t count)
{
	setenv("FAKE", plan_text, 1);
	config.profiles = &profiles[first];
	config.count = count;
	assert_works(agent_workers_configure(workers, &config, &error), &error);
	agent_workers_retire(workers);
}

static inline int open_workers(void **state)
{
	if (unit_folder_make(state) < 0)
		return -1;
	setenv("FAKE_STARTS", unit_path(state, "starts"), 1);
	setup.program = "/proc/self/exe";
	signal(SIGPIPE, SIG_IGN); /* as the agent does */
	idles = 0;
	if (loop_open(&loop, &error) < 0 || agent_workers_open(&workers, loop, &setup, count_idle, NULL, &error) < 0)
		return -1;
	workers->delay = 20;
	workers->silence = 500;
	workers->farewell = 1000;
	return 0;
}

static inline int close_workers(void **state)
{
	agent_workers_close(&workers);
	loop_close(&loop);
	return waitpid(-1, NULL, WNOHANG) < 0 ? unit_folder_remove(state) : -1; /* no child is left */
}

static inline size_t starts(void)
{
	struct stat status;

	return stat(getenv("FAKE_STARTS"), &status) == 0 ? (size_t)status.st_size : 0;
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static bool (*awaited)(void);
static double end;

static inline double check(void *context)
{
	(void)context;
	if (awaited() || clock_boot_ms() > end)
		loop_end(loop);
	return 10;
}

/* Runs the loop until the condition holds. */
static inline void await(bool (*condition)(void))
{
	awaited = condition;
	end = clock_boot_ms() + (double)PATIENCE_MS;
	assert_works(loop_run(loop, check, NULL, &error), &error);
	assert_true(condition());
}

#define IS(name, wanted, profile)                                             \
	__attribute__((unused)) static bool name(void)                        \
	{                                                                     \
		return agent_workers_state(workers, &profiles[profile]) == (wanted); \
	}
IS(is_ready, WORKER_READY, 0)
IS(two_is_ready, WORKER_READY, 1)
IS(is_waiting, WORKER_WAITING, 0)
IS(is_refused, WORKER_REFUSED, 0)
IS(typed_is_ready, WORKER_READY, 2)

/* --- jobs -------------------------------------------------------------------------------------------------------- */

struct call {
	struct job job;
	int calls;
	char answer[65536];
	struct failure failure;
};

static size_t outstanding;

static inline void done(struct job *job, const char *answer, size_t length, const struct failure *failure)
{
	struct call *call = job->context;

	call->calls++;
	outstanding--;
	snprintf(call->answer, sizeof(call->answer), "%.*s", (int)length, answer != NULL ? answer : "");
	if (failure != NULL)
		call->failure = *failure;
	assert_true((answer != NULL) == (failure == NULL));
}

static inline void send_job(struct call *call, size_t profile, enum worker_kind kind, double milliseconds)
{
	*call = (struct call){ .job.done = done, .job.context = call };
	outstanding++;
	agent_workers_send(workers, &profiles[profile], kind, "\"username\":\"u\"", milliseconds, &call->job);
}

static inline bool all_are_done(void)
{
	return outstanding == 0;
}

/* Sends a job of profile one, and waits for its end. */
static inline void ask(struct call *call)
{
	send_job(call, 0, WORKER_BEARERS, PATIENCE_MS);
	await(all_are_done);
	assert_int_equal(call->calls, 1);
}

#define assert_failure(call, wanted_class, part)                                  \
	do {                                                                      \
		assert_string_equal((call).answer, "");                           \
		assert_int_equal((call).failure.error.class, wanted_class);       \
		assert_contains((call).failure.error.text, part);                 \
	} while (0)

#define WITH_WORKERS(function) cmocka_unit_test_setup_teardown(function, open_workers, close_workers)

#endif
