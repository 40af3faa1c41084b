/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's workers: locks, and PINs that are typed. */
#include "agent-workers.h"

#include <fcntl.h>

struct unlock {
	struct unlocking unlocking;
	int calls;
	struct failure failure;
};

static void unlocked(struct unlocking *unlocking, const struct failure *failure)
{
	struct unlock *unlock = unlocking->context;

	unlock->calls++;
	unlock->failure = failure != NULL ? *failure : (struct failure){ .retry_after = 0 };
	outstanding--;
}

/* Unlocks with this PIN; NULL: without one. */
static void begin_unlock(struct unlock *unlock, size_t profile, const char *pin)
{
	int pins[2] = { -1, -1 };

	*unlock = (struct unlock){ .unlocking = { .done = unlocked, .context = unlock } };
	outstanding++;
	for (int i = 0; i < 2 && pin != NULL; i++) {
		int ends[2];

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		assert_int_equal(write(ends[1], pin, strlen(pin)), strlen(pin));
		close(ends[1]);
		pins[i] = ends[0];
	}
	agent_workers_unlock(workers, &profiles[profile], pins, &unlock->unlocking);
}

static void unlock(struct unlock *unlock, size_t profile, const char *pin)
{
	begin_unlock(unlock, profile, pin);
	await(all_are_done);
	assert_int_equal(unlock->calls, 1);
}

static void a_typed_pin(void **state)
{
	static struct call call;
	struct unlock typed;
	size_t before = unit_entries("/proc/self/fd");

	(void)state;
	begin("pin", 2, 1);
	assert_int_equal(agent_workers_state(workers, &profiles[2]), WORKER_LOCKED);
	send_job(&call, 2, WORKER_BEARERS, PATIENCE_MS);
	assert_failure(call, ERROR_PIN, "is locked");
	assert_int_equal(call.failure.kind, FAILURE_LOCKED);
	assert_int_equal(starts(), 0);
	unlock(&typed, 2, NULL);
	assert_int_equal(typed.failure.error.class, ERROR_USAGE);
	unlock(&typed, 2, "1234\n");
	assert_int_equal(typed.failure.error.class, ERROR_NONE);
	assert_true(typed_is_ready());
	send_job(&call, 2, WORKER_ASSERTIONS, PATIENCE_MS); /* has its own copy */
	await(all_are_done);
	assert_contains(call.answer, "\"assertion\":");
	unlock(&typed, 2, "0000\n"); /* it is not tried */
	assert_int_equal(typed.failure.error.class, ERROR_NONE);
	agent_workers_lock(workers, &profiles[2]);
	assert_int_equal(agent_workers_state(workers, &profiles[2]), WORKER_LOCKED);
	processes_await(workers);
	assert_int_equal(unit_entries("/proc/self/fd"), before);
	assert_int_equal(starts(), 2);
}

static void a_typed_pin_that_is_wrong(void **state)
{
	struct unlock typed;

	(void)state;
	begin("pin", 2, 1);
	unlock(&typed, 2, "1235\n");
	assert_int_equal(typed.failure.error.class, ERROR_PIN);
	assert_int_equal(agent_workers_state(workers, &profiles[2]), WORKER_LOCKED);
	assert_int_equal(starts(), 1);
	assert_int_equal(idles, 0);
	unlock(&typed, 2, "1234\n");
	assert_int_equal(typed.failure.error.class, ERROR_NONE);
}

/* The PIN is gone with the worker that had it. */
static void a_typed_pin_is_used_once(void **state)
{
	static struct call call;
	struct unlock typed;

	(void)state;
	begin("pin crash", 2, 1);
	unlock(&typed, 2, "1234\n");
	send_job(&call, 2, WORKER_BEARERS, PATIENCE_MS);
	await(all_are_done);
	assert_failure(call, ERROR_TOKEN, "signal 9");
	assert_int_equal(agent_workers_state(workers, &profiles[2]), WORKER_LOCKED);
}

static void an_unlock_that_is_cancelled(void **state)
{
	struct unlock typed, second;

	(void)state;
	begin("pin", 2, 1);
	begin_unlock(&typed, 2, "1234\n");
	begin_unlock(&second, 2, "1234\n");
	assert_int_equal(second.failure.error.class, ERROR_USAGE);
	agent_workers_unlock_cancel(workers, &typed.unlocking);
	await(typed_is_ready);
	assert_int_equal(typed.calls, 0);
	outstanding = 0;
}

/* Of a profile whose PIN is in a file. */
static void locks(void **state)
{
	static struct call call, waiting;
	struct unlock other;

	(void)state;
	begin("mute", 0, 1);
	send_job(&waiting, 0, WORKER_BEARERS, PATIENCE_MS);
	await(is_ready);
	setenv("FAKE", "ok|exit=5", 1);
	agent_workers_lock(workers, NULL);
	assert_failure(waiting, ERROR_PIN, "is locked");
	ask(&call);
	assert_failure(call, ERROR_PIN, "is locked");
	send_job(&call, 0, WORKER_ASSERTIONS, PATIENCE_MS);
	assert_failure(call, ERROR_PIN, "is locked");
	unlock(&other, 0, NULL);
	assert_int_equal(other.failure.error.class, ERROR_PIN);
	assert_true(is_refused());
	setenv("FAKE", "ok", 1);
	unlock(&other, 0, NULL);
	assert_int_equal(other.failure.error.class, ERROR_NONE);
	ask(&call);
	assert_contains(call.answer, "access_token");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_WORKERS(a_typed_pin), WITH_WORKERS(a_typed_pin_that_is_wrong), WITH_WORKERS(a_typed_pin_is_used_once),
		WITH_WORKERS(an_unlock_that_is_cancelled), WITH_WORKERS(locks),
	};

	return is_worker(argc, argv) ? worker_main(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
