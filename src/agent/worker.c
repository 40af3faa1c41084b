/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a worker: it starts, is ready, falls silent, ends, waits and starts again. */
#include "agent/worker.h"

#include "base/message.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DELAY_MAX 300e3 /* milliseconds until a worker starts again, at most */
#define STEADY 60e3     /* a worker that was ready for so long starts again as if it were the first time */

enum {
	SILENCES = 5,    /* checks that a worker may leave unanswered */
	START_CALLS = 3, /* calls of the module before a worker is ready */
	START = 10,      /* seconds for all else that it does until then */
};

/* --- the checks of a running worker ------------------------------------------------------------------------------ */

/* Milliseconds that a worker with lines may be silent. */
static double silence(const struct worker *worker)
{
	return fmin(worker->workers->silence, (double)worker->profile->module_timeout * 1e3);
}

static void set_life(struct worker *worker, double milliseconds)
{
	struct loop *loop = worker->workers->loop;

	if (timer_set(loop, &worker->life, loop_now(loop) + milliseconds) < 0 && worker->process != NULL)
		worker_kill(worker, "memory is exhausted");
}

void worker_kill(struct worker *worker, const char *why)
{
	if (worker->verdict != NULL)
		return;
	worker->verdict = why;
	process_kill(worker->process);
}

void worker_watch(struct worker *worker)
{
	if (worker->state != WORKER_READY || worker->busy == 0 || worker->life.place != 0)
		return;
	worker->heard = loop_now(worker->workers->loop);
	set_life(worker, silence(worker));
}

/* Silence is counted in steps, so that the time that a machine sleeps is one of them. */
static void check_silence(struct worker *worker)
{
	double quiet = loop_now(worker->workers->loop) - worker->heard;

	if (worker->ping == 0 && worker->busy == 0)
		return;
	if (worker->ping == 0 && quiet < silence(worker)) {
		set_life(worker, silence(worker) - quiet);
		return;
	}
	if (worker->ping != 0 && ++worker->silences >= SILENCES) {
		worker_kill(worker, "it no longer answers");
		return;
	}
	if (worker->ping == 0)
		worker_ping(worker);
	set_life(worker, silence(worker) / (double)SILENCES);
}

void worker_lives(void *context)
{
	struct worker *worker = context;

	if (worker->verdict != NULL)
		return;
	if (worker->state == WORKER_READY)
		check_silence(worker);
	else if (worker->state == WORKER_STARTING && worker->process != NULL)
		worker_kill(worker, "it did not become ready in time");
	else if (worker->state == WORKER_WAITING)
		worker_start(worker);
	workers_start_next(worker->workers);
}

/* --- start ------------------------------------------------------------------------------------------------------- */

static void end_unlocking(struct worker *worker, const struct failure *failure)
{
	struct unlocking *unlocking = worker->unlocking;

	worker->unlocking = NULL;
	if (unlocking != NULL)
		unlocking->done(unlocking, failure);
}

void worker_is_ready(struct worker *worker)
{
	if (worker->state != WORKER_STARTING)
		return;
	worker->state = WORKER_READY;
	worker->ready_since = worker->heard;
	worker->last = (struct error){ .class = ERROR_NONE };
	timer_clear(worker->workers->loop, &worker->life);
	worker_send_waiting(worker);
	end_unlocking(worker, NULL);
	workers_start_next(worker->workers);
}

void worker_start(struct worker *worker)
{
	worker->state = WORKER_STARTING;
	timer_clear(worker->workers->loop, &worker->life);
}

void worker_rest(struct worker *worker)
{
	worker->state = WORKER_WAITING;
	worker->delay = worker->due = 0;
}

static void drop_pin(struct worker *worker)
{
	if (worker->pin >= 0)
		close(worker->pin);
	worker->pin = -1;
}

void worker_run(struct worker *worker)
{
	const struct agent_profile *profile = worker->profile;
	long seconds = START_CALLS * profile->module_timeout + profile->module_wait + START;
	struct error error;
	int result = process_start(&worker->process, worker, worker->pin, &error);

	drop_pin(worker);
	worker->lines = worker->ping = 0;
	if (result < 0) {
		worker_down(worker, &error, true);
		return;
	}
	worker->workers->starts++;
	worker_ping(worker);
	set_life(worker, (double)seconds * 1e3);
}

/* --- end --------------------------------------------------------------------------------------------------------- */

void worker_failure(const struct worker *worker, struct failure *failure)
{
	const struct agent_profile *profile = worker->profile;
	double wait = worker->due - loop_now(worker->workers->loop);
	long seconds = wait > 0 ? (long)ceil(wait / 1e3) : 1;

	if (worker->state == WORKER_LOCKED) {
		failure_set(failure, FAILURE_LOCKED, ERROR_PIN, 0, "the profile %.100s is locked", profile->name);
		error_hint(&failure->error, "run: p11bearer agent unlock %.100s", profile->name);
	} else {
		failure_set(failure, FAILURE_WORKER, worker->last.class, worker->state == WORKER_REFUSED ? 0 : seconds,
			    "%s", worker->last.text);
		error_hint(&failure->error, "%s", worker->last.hint);
	}
}

/* Decides what follows the end of a worker, and says so. */
static void decide(struct worker *worker, bool may_retry)
{
	struct error *last = &worker->last;
	const char *name = worker->profile->name;

	if (worker->profile->prompt) {
		worker->state = WORKER_LOCKED;
		message_note("%s: the profile is locked: %s", name, last->text);
	} else if (!may_retry) {
		worker->state = WORKER_REFUSED;
		if (last->hint[0] == '\0')
			error_hint(last, "check the PIN, then run: p11bearer agent unlock %.100s", name);
		message_warn("%s: no worker is started again, so that no further try of the PIN is used up: %s", name,
			     last->text);
	} else {
		worker->state = WORKER_WAITING;
		worker->delay = worker->delay <= 0 ? worker->workers->delay : fmin(worker->delay * 2, DELAY_MAX);
		worker->due = loop_now(worker->workers->loop) + worker->delay;
		if (worker->kind == WORKER_BEARERS)
			set_life(worker, worker->delay);
		message_note("%s: the next worker starts in %.0f s: %s", name, worker->delay / 1e3, last->text);
	}
}

void worker_down(struct worker *worker, const struct error *why, bool may_retry)
{
	struct failure failure;

	worker->last = *why;
	worker->process = NULL;
	worker->verdict = NULL;
	timer_clear(worker->workers->loop, &worker->life);
	decide(worker, may_retry);
	worker_failure(worker, &failure);
	if (worker->profile->prompt)
		failure.error = *why;
	worker_fail_jobs(worker, &failure);
	end_unlocking(worker, &failure);
	if (why->class == ERROR_PIN)
		workers_spare(worker);
	workers_start_next(worker->workers);
	workers_check_idle(worker->workers);
}

/* Fills `error` with why the process has ended. */
static void explain(struct worker *worker, struct process *process, int code, int status, struct error *error)
{
	bool exited = code == CLD_EXITED;

	if (worker->verdict != NULL)
		error_set(error, ERROR_TOKEN, "the worker was killed: %s", worker->verdict);
	else if (exited && status > ERROR_NONE && status <= ERROR_ANSWER)
		error_set(error, (enum error_class)status, "the worker ended with status %d", status);
	else if (exited)
		error_set(error, ERROR_TOKEN, "the worker ended with status %d", status);
	else if (code == CLD_KILLED || code == CLD_DUMPED)
		error_set(error, ERROR_TOKEN, "the worker was ended by signal %d (%s)", status, strsignal(status));
	else
		error_set(error, ERROR_TOKEN, "the worker ended");
	if (exited && worker->verdict == NULL)
		complaints_explain(&process->complaints, error);
}

/* Whether the process has used up no try of the PIN: its login succeeded, or it failed before one. */
static bool may_retry(const struct worker *worker, const struct error *error, bool exited)
{
	if (worker->state == WORKER_READY)
		return error->class != ERROR_PIN;
	return exited && worker->verdict == NULL && (error->class == ERROR_USAGE || error->class == ERROR_CONFIG ||
						      error->class == ERROR_NO_KEY || error->class == ERROR_TOKEN);
}

void worker_ended(struct worker *worker, struct process *process, int code, int status)
{
	bool exited = code == CLD_EXITED && status > ERROR_NONE && status <= ERROR_ANSWER;
	struct error error;

	explain(worker, process, code, status, &error);
	if (worker->state == WORKER_READY && loop_now(worker->workers->loop) - worker->ready_since >= STEADY)
		worker->delay = 0;
	worker_down(worker, &error, may_retry(worker, &error, exited));
}

void worker_stop(struct worker *worker, enum worker_state state, const struct failure *failure)
{
	struct process *process = worker->process;

	worker->process = NULL;
	worker->verdict = NULL;
	worker->state = state;
	worker->delay = worker->due = 0;
	worker->last = (struct error){ .class = ERROR_NONE };
	drop_pin(worker);
	timer_clear(worker->workers->loop, &worker->life);
	if (process != NULL)
		process_leave(process);
	worker_fail_jobs(worker, failure);
	end_unlocking(worker, failure);
}
