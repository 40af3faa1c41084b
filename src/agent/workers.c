/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int agent_workers_open(struct workers **opened, struct loop *loop, const struct agent_setup *setup,
		       void (*idle)(void *context), void *context, struct error *error)
{
	static const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct workers *workers = *opened = calloc(1, sizeof(*workers));

	if (workers == NULL)
		return error_memory(error);
	*workers = (struct workers){ .loop = loop, .setup = setup, .idle = idle, .context = context,
				     .silence = 10e3, .delay = 1e3, .farewell = 5e3 };
	sigaction(SIGCHLD, &usual, NULL); /* a process that ignores it does not learn how its children ended */
	return 0;
}

/* --- the list ---------------------------------------------------------------------------------------------------- */

static struct worker *find(const struct workers *workers, const struct agent_profile *profile, enum worker_kind kind)
{
	struct worker *worker = workers->list;

	while (worker != NULL && (worker->kind != kind || worker->profile->prompt != profile->prompt ||
				  strcmp(worker->text, profile->worker) != 0))
		worker = worker->next;
	return worker;
}

/* Takes the worker off the list, ends it and frees it. */
static void discard(struct worker **place, const struct failure *failure)
{
	struct worker *worker = *place;

	*place = worker->next;
	worker_stop(worker, WORKER_LOCKED, failure);
	timer_clear(worker->workers->loop, &worker->impatience);
	free(worker->text);
	free(worker);
}

void agent_workers_close(struct workers **closed)
{
	struct workers *workers = *closed;
	struct failure failure;

	*closed = NULL;
	if (workers == NULL)
		return;
	failure_set(&failure, FAILURE_WORKER, ERROR_TOKEN, 1, "the agent ends");
	while (workers->list != NULL)
		discard(&workers->list, &failure);
	processes_await(workers);
	free(workers);
}

/* Adds a worker for the profile, in front. No configuration needs it yet. */
static int add(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
	       struct error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (worker == NULL || (worker->text = strdup(profile->worker)) == NULL) {
		free(worker);
		return error_memory(error);
	}
	worker->workers = workers;
	worker->kind = kind;
	worker->profile = profile;
	worker->pin = -1;
	worker->state = WORKER_WAITING;
	if (profile->prompt)
		worker->state = WORKER_LOCKED;
	else if (kind == WORKER_BEARERS)
		worker->state = WORKER_STARTING;
	worker->life = (struct timer){ .call = worker_lives, .context = worker };
	worker->impatience = (struct timer){ .call = worker_expire, .context = worker };
	STAILQ_INIT(&worker->waiting);
	worker->next = workers->list;
	workers->list = worker;
	return 0;
}

/* Adds the workers that the configuration needs and that are not there. On failure, the list is as before. */
static int add_missing(struct workers *workers, const struct agent_config *config, struct error *error)
{
	static const enum worker_kind kinds[] = { WORKER_BEARERS, WORKER_ASSERTIONS };
	struct worker *before = workers->list;
	struct failure none = { .retry_after = 0 };

	for (size_t i = 2 * config->count; i > 0; i--) { /* so that the first one comes first, and bearers do */
		const struct agent_profile *profile = &config->profiles[(i - 1) / 2];
		enum worker_kind kind = kinds[(i - 1) % 2];

		if (find(workers, profile, kind) != NULL || add(workers, profile, kind, error) == 0)
			continue;
		while (workers->list != before)
			discard(&workers->list, &none);
		return error_result(error);
	}
	return 0;
}

int agent_workers_configure(struct workers *workers, const struct agent_config *config, struct error *error)
{
	struct worker *worker;

	if (add_missing(workers, config, error) < 0)
		return error_result(error);
	for (worker = workers->list; worker != NULL; worker = worker->next)
		worker->needed = worker->asserts = false;
	for (size_t i = config->count; i > 0; i--) { /* the first one's name is shown */
		for (int kind = WORKER_BEARERS; kind <= WORKER_ASSERTIONS; kind++) {
			worker = find(workers, &config->profiles[i - 1], (enum worker_kind)kind);
			worker->profile = &config->profiles[i - 1];
			worker->needed = true;
			worker->asserts |= worker->profile->allow_assertion != NULL;
		}
	}
	return 0;
}

void agent_workers_retire(struct workers *workers)
{
	struct worker **place = &workers->list;
	struct failure failure;

	failure_set(&failure, FAILURE_REPLACED, ERROR_CONFIG, 1, "the configuration has changed");
	while (*place != NULL) {
		if ((*place)->needed)
			place = &(*place)->next;
		else
			discard(place, &failure);
	}
	workers_start_next(workers);
	workers_check_idle(workers);
}

/* --- jobs -------------------------------------------------------------------------------------------------------- */

void agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			const char *members, double milliseconds, struct job *job)
{
	struct worker *worker = find(workers, profile, kind);
	double now = loop_now(workers->loop);
	struct failure failure;

	job->ref = ++workers->refs;
	job->worker = NULL;
	job->due = now + milliseconds;
	if (worker != NULL && worker->state == WORKER_WAITING && now >= worker->due) {
		worker_start(worker);
		workers_start_next(workers);
	}
	if (worker == NULL)
		failure_set(&failure, FAILURE_WORKER, ERROR_CONFIG, 1, "the configuration has changed");
	else if (!worker_line_fits(members))
		failure_set(&failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the request is too long for a worker");
	else if (worker->state != WORKER_STARTING && worker->state != WORKER_READY)
		worker_failure(worker, &failure);
	else if (worker_take(worker, members, job) < 0)
		failure_set(&failure, FAILURE_WORKER, ERROR_UNEXPECTED, 1, "memory is exhausted");
	else
		return;
	job->done(job, NULL, 0, &failure);
}

void agent_workers_cancel(struct workers *workers, struct job *job)
{
	(void)workers;
	if (job->worker != NULL)
		worker_cancel(job->worker, job);
}

bool agent_workers_withdraw(struct workers *workers, struct job *job)
{
	(void)workers;
	return job->worker != NULL && worker_withdraw(job->worker, job);
}

/* --- locks ------------------------------------------------------------------------------------------------------- */

void agent_workers_lock(struct workers *workers, const struct agent_profile *profile)
{
	struct failure failure;

	for (struct worker *worker = workers->list; worker != NULL; worker = worker->next) {
		if (profile != NULL && worker != find(workers, profile, worker->kind))
			continue;
		worker->state = WORKER_LOCKED;
		worker_failure(worker, &failure);
		worker_stop(worker, WORKER_LOCKED, &failure);
	}
	workers_start_next(workers);
}

static void close_pins(int pins[2])
{
	for (int i = 0; i < 2; i++) {
		if (pins[i] >= 0)
			close(pins[i]);
		pins[i] = -1;
	}
}

static bool runs(const struct worker *worker)
{
	return worker->state == WORKER_READY || worker->state == WORKER_STARTING;
}

/* Starts a worker that is down; `pin` is taken over. */
static void start_again(struct worker *worker, int *pin)
{
	worker->delay = worker->due = 0;
	if (worker->profile->prompt) {
		worker->pin = *pin;
		*pin = -1;
	}
	worker_start(worker);
}

void agent_workers_unlock(struct workers *workers, const struct agent_profile *profile, int pins[2],
			  struct unlocking *unlocking)
{
	struct worker *bearers = find(workers, profile, WORKER_BEARERS);
	struct worker *assertions = find(workers, profile, WORKER_ASSERTIONS);
	struct failure failure = { .retry_after = 0 };

	if (bearers == NULL || assertions == NULL)
		failure_set(&failure, FAILURE_WORKER, ERROR_CONFIG, 1, "the configuration has changed");
	else if (profile->prompt && pins[WORKER_BEARERS] < 0)
		failure_set(&failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the profile %.100s needs a PIN", profile->name);
	else if (bearers->unlocking != NULL)
		failure_set(&failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the profile %.100s is being unlocked already",
			    profile->name);
	if (bearers == NULL || assertions == NULL || failure.error.class != ERROR_NONE) {
		close_pins(pins);
		unlocking->done(unlocking, &failure);
		return;
	}
	if (bearers->state != WORKER_READY)
		bearers->unlocking = unlocking;
	if (!runs(bearers))
		start_again(bearers, &pins[WORKER_BEARERS]);
	if (!runs(assertions) && profile->prompt && assertions->asserts && pins[WORKER_ASSERTIONS] >= 0)
		start_again(assertions, &pins[WORKER_ASSERTIONS]);
	else if (!runs(assertions) && !profile->prompt)
		worker_rest(assertions);
	close_pins(pins);
	if (bearers->state == WORKER_READY)
		unlocking->done(unlocking, NULL);
	workers_start_next(workers);
}

void agent_workers_unlock_cancel(struct workers *workers, struct unlocking *unlocking)
{
	for (struct worker *worker = workers->list; worker != NULL; worker = worker->next) {
		if (worker->unlocking == unlocking)
			worker->unlocking = NULL;
	}
}

/* --- to show ----------------------------------------------------------------------------------------------------- */

enum worker_state agent_workers_state(const struct workers *workers, const struct agent_profile *profile)
{
	const struct worker *worker = find(workers, profile, WORKER_BEARERS);

	return worker != NULL ? worker->state : WORKER_LOCKED;
}

const char *worker_state_name(enum worker_state state)
{
	static const char *const names[] = {
		[WORKER_LOCKED] = "locked", [WORKER_STARTING] = "starting", [WORKER_READY] = "ready",
		[WORKER_WAITING] = "waiting", [WORKER_REFUSED] = "PIN refused",
	};

	return names[state];
}

const char *agent_workers_reason(const struct workers *workers, const struct agent_profile *profile)
{
	const struct worker *worker = find(workers, profile, WORKER_BEARERS);

	return worker != NULL ? worker->last.text : "";
}

unsigned long agent_workers_starts(const struct workers *workers)
{
	return workers->starts;
}
