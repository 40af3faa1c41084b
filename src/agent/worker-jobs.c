/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of a worker: its lines and their answers. */
#include "agent/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 65000 }; /* a batch takes lines of 65,535 bytes */

/* Jobs are checked no more often than this, however many there are. */
#define PATIENCE_STEP 50.0

/* A batch counts its lines. It does not know the member, so this is an error even if its configuration supplies all
 * that a line needs. */
void worker_ping(struct worker *worker)
{
	static const char ping[] = "{\"ref\":0,\"ping\":true}\n";

	worker->silences = 0;
	worker->ping = ++worker->lines;
	if (process_send(worker->process, ping, strlen(ping)) < 0)
		worker_kill(worker, "memory is exhausted");
}

static struct slot *find_slot(struct worker *worker, unsigned long line)
{
	for (size_t i = 0; i < LINES_MAX; i++) {
		if (worker->slots[i].line == line)
			return &worker->slots[i];
	}
	return NULL;
}

void worker_send_waiting(struct worker *worker)
{
	struct waiting *waiting;
	struct slot *slot;

	while (worker->state == WORKER_READY && worker->verdict == NULL &&
	       (waiting = STAILQ_FIRST(&worker->waiting)) != NULL && (slot = find_slot(worker, 0)) != NULL) {
		STAILQ_REMOVE_HEAD(&worker->waiting, link);
		slot->line = ++worker->lines;
		slot->job = waiting->job;
		worker->busy++;
		if (process_send(worker->process, waiting->text, waiting->length) < 0)
			worker_kill(worker, "memory is exhausted");
		free(waiting);
	}
	worker_watch(worker);
}

int worker_take(struct worker *worker, const char *members, struct job *job)
{
	struct loop *loop = worker->workers->loop;
	size_t size = strlen(members) + 64;
	struct waiting *waiting = malloc(sizeof(*waiting) + size);

	if (waiting == NULL)
		return -1;
	if (worker->impatience.place == 0 || job->due < worker->impatience.due) {
		if (timer_set(loop, &worker->impatience, job->due) < 0) {
			free(waiting);
			return -1;
		}
	}
	waiting->job = job;
	waiting->length = (size_t)snprintf(waiting->text, size, "{%s%s\"ref\":%lu}\n", members,
					   *members != '\0' ? "," : "", job->ref);
	STAILQ_INSERT_TAIL(&worker->waiting, waiting, link);
	job->worker = worker;
	worker_send_waiting(worker);
	return 0;
}

bool worker_line_fits(const char *members)
{
	return strlen(members) <= LINE_MAX_BYTES;
}

bool worker_withdraw(struct worker *worker, struct job *job)
{
	struct waiting *waiting = STAILQ_FIRST(&worker->waiting);

	while (waiting != NULL && waiting->job != job)
		waiting = STAILQ_NEXT(waiting, link);
	if (waiting == NULL)
		return false;
	STAILQ_REMOVE(&worker->waiting, waiting, waiting, link);
	free(waiting);
	job->worker = NULL;
	return true;
}

void worker_cancel(struct worker *worker, struct job *job)
{
	job->worker = NULL;
	for (size_t i = 0; i < LINES_MAX; i++) {
		if (worker->slots[i].line != 0 && worker->slots[i].job == job) {
			worker->slots[i].job = NULL;
			return;
		}
	}
	(void)worker_withdraw(worker, job);
}

/* Any job that is due by `now`, or NULL. Sets *next to when the next one is due; it stays if there is none. */
static struct job *find_due(struct worker *worker, double now, double *next)
{
	struct waiting *waiting;
	struct job *job;

	for (size_t i = 0; i < LINES_MAX; i++) {
		job = worker->slots[i].line != 0 ? worker->slots[i].job : NULL;
		if (job != NULL && job->due <= now)
			return job;
		if (job != NULL && (*next < 0 || job->due < *next))
			*next = job->due;
	}
	for (waiting = STAILQ_FIRST(&worker->waiting); waiting != NULL; waiting = STAILQ_NEXT(waiting, link)) {
		if (waiting->job->due <= now)
			return waiting->job;
		if (*next < 0 || waiting->job->due < *next)
			*next = waiting->job->due;
	}
	return NULL;
}

void worker_expire(void *context)
{
	struct worker *worker = context;
	struct loop *loop = worker->workers->loop;
	double now = loop_now(loop), next = -1;
	struct failure failure;
	struct job *job;

	failure_set(&failure, FAILURE_TIME, ERROR_NETWORK, 0, "no answer came in time");
	while ((job = find_due(worker, now, &next)) != NULL) {
		worker_cancel(worker, job);
		job->done(job, NULL, 0, &failure);
		next = -1;
	}
	if (next >= 0)
		(void)timer_set(loop, &worker->impatience, next > now + PATIENCE_STEP ? next : now + PATIENCE_STEP);
}

void worker_fail_jobs(struct worker *worker, const struct failure *failure)
{
	struct failure copy = *failure;
	struct waiting *waiting;

	for (size_t i = 0; i < LINES_MAX; i++) {
		struct job *job = worker->slots[i].line != 0 ? worker->slots[i].job : NULL;

		worker->slots[i] = (struct slot){ .line = 0 };
		if (job == NULL)
			continue;
		job->worker = NULL;
		job->done(job, NULL, 0, &copy);
	}
	worker->busy = 0;
	while ((waiting = STAILQ_FIRST(&worker->waiting)) != NULL) {
		struct job *job = waiting->job;

		STAILQ_REMOVE_HEAD(&worker->waiting, link);
		free(waiting);
		job->worker = NULL;
		job->done(job, NULL, 0, &copy);
	}
}

/* An answer to a job's line, or to a line that nobody waits for any more. */
static int take_answer(struct worker *worker, const struct answer *answer)
{
	struct slot *slot = find_slot(worker, answer->line);
	struct job *job = slot != NULL ? slot->job : NULL;

	if (slot == NULL || (job != NULL && answer->has_ref && answer->ref != job->ref))
		return -1;
	*slot = (struct slot){ .line = 0 };
	worker->busy--;
	if (job == NULL)
		return 0;
	job->worker = NULL;
	job->done(job, answer->members, answer->members != NULL ? answer->length : 0,
		  answer->members != NULL ? NULL : &answer->failure);
	return 0;
}

int worker_line(struct worker *worker, const char *text, size_t length)
{
	struct answer answer;

	if (answer_read(&answer, worker->kind, text, length) < 0 || answer.line == 0 || answer.line > worker->lines)
		return -1;
	worker->heard = loop_now(worker->workers->loop);
	worker->silences = 0;
	if (answer.line != worker->ping) {
		if (take_answer(worker, &answer) < 0)
			return -1;
	} else if (answer.members == NULL) {
		worker->ping = 0;
		worker_is_ready(worker);
	} else {
		return -1;
	}
	worker_send_waiting(worker);
	return 0;
}
