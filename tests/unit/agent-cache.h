/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds the cache in its tests: a clock that the test sets, timers, and workers that the test answers for. Link with
 * -Wl,--wrap for each function named __wrap_… here. */
#ifndef P11BEARER_TESTS_AGENT_CACHE_H
#define P11BEARER_TESTS_AGENT_CACHE_H

#include "unit.h"

#include "agent/cache.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <time.h>

/* --- clock and timers -------------------------------------------------------------------------------------------- */

enum { TIMERS = 4096 };
static const time_t WALL = 2000000000; /* at the start of each test */
static double boot;                    /* milliseconds */
static double jump;                    /* seconds that the clock of the wall is ahead of that */
static struct timer *timers[TIMERS + 1];
static size_t timer_count, timer_sets;

double __wrap_loop_now(const struct loop *loop);
int __wrap_timer_set(struct loop *loop, struct timer *timer, double due);
void __wrap_timer_clear(struct loop *loop, struct timer *timer);
time_t __wrap_time(time_t *result);

double __wrap_loop_now(const struct loop *loop)
{
	(void)loop;
	return boot;
}

time_t __wrap_time(time_t *result)
{
	time_t now = WALL + (time_t)(boot / 1e3 + jump);

	if (result != NULL)
		*result = now;
	return now;
}

void __wrap_timer_clear(struct loop *loop, struct timer *timer)
{
	(void)loop;
	if (timer->place == 0)
		return;
	timers[timer->place] = timers[timer_count--];
	timers[timer->place]->place = timer->place;
	timer->place = 0;
}

int __wrap_timer_set(struct loop *loop, struct timer *timer, double due)
{
	__wrap_timer_clear(loop, timer);
	assert_true(timer_count < TIMERS);
	assert_true(isfinite(due));
	timers[++timer_count] = timer;
	timer->place = timer_count;
	timer->due = due;
	timer_sets++;
	return 0;
}

static inline struct timer *timer_first(void)
{
	struct timer *first = NULL;

	for (size_t i = 1; i <= timer_count; i++) {
		if (first == NULL || timers[i]->due < first->due)
			first = timers[i];
	}
	return first;
}

/* Lets so many seconds pass. */
static inline void pass(double seconds)
{
	double until = boot + seconds * 1e3;
	struct timer *first;
	size_t rounds = 0;

	while ((first = timer_first()) != NULL && first->due <= until) {
		assert_true(++rounds < 1000000); /* else something spins */
		boot = fmax(boot, first->due);
		__wrap_timer_clear(NULL, first);
		first->call(first->context);
	}
	boot = until;
}

/* --- workers ----------------------------------------------------------------------------------------------------- */

enum { JOBS = 1024 };
struct sent {
	struct job *job; /* NULL: answered or cancelled */
	const struct agent_profile *profile;
	double limit;
	char line[2048];
};
static struct sent sent[JOBS];
static size_t sent_count, cancelled;
static enum worker_state worker;
static bool is_queued; /* no worker has the lines yet */
static const struct failure *at_once; /* what agent_workers_send answers, or NULL */

void __wrap_agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			       const char *members, double milliseconds, struct job *job);
void __wrap_agent_workers_cancel(struct workers *workers, struct job *job);
bool __wrap_agent_workers_withdraw(struct workers *workers, struct job *job);
enum worker_state __wrap_agent_workers_state(const struct workers *workers, const struct agent_profile *profile);

void __wrap_agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			       const char *members, double milliseconds, struct job *job)
{
	struct sent *new = &sent[sent_count++ % JOBS];

	(void)workers;
	assert_int_equal(kind, WORKER_BEARERS);
	new->job = job;
	new->profile = profile;
	new->limit = milliseconds;
	snprintf(new->line, sizeof(new->line), "%s", members);
	if (at_once != NULL) {
		new->job = NULL;
		job->done(job, NULL, 0, at_once);
	}
}

void __wrap_agent_workers_cancel(struct workers *workers, struct job *job)
{
	(void)workers;
	for (size_t i = 0; i < JOBS; i++) {
		if (sent[i].job == job) {
			sent[i].job = NULL;
			cancelled++;
			return;
		}
	}
	fail_msg("a job is cancelled that is not in progress");
}

bool __wrap_agent_workers_withdraw(struct workers *workers, struct job *job)
{
	if (is_queued)
		__wrap_agent_workers_cancel(workers, job);
	return is_queued;
}

enum worker_state __wrap_agent_workers_state(const struct workers *workers, const struct agent_profile *profile)
{
	(void)workers;
	(void)profile;
	return worker;
}

static inline struct job *take_job(void)
{
	struct sent *last = &sent[(sent_count - 1) % JOBS];
	struct job *job = last->job;

	assert_true(sent_count > 0);
	assert_non_null(job);
	last->job = NULL;
	return job;
}

/* Answers the last job with an access token and other members, such as ",\"expires_in\":600". */
static inline void answer(const char *token, const char *more)
{
	struct job *job = take_job();
	char text[2048];
	int length = snprintf(text, sizeof(text), "\"jti\":\"j\",\"access_token\":\"%s\"%s}", token, more);

	job->done(job, text, (size_t)length, NULL);
}

/* Makes the last job fail. */
static inline void refuse(enum error_class class, const char *code, long retry_after, const char *text)
{
	struct job *job = take_job();
	struct failure failure;

	failure_set(&failure, FAILURE_WORKER, class, retry_after, "%s", text);
	snprintf(failure.code, sizeof(failure.code), "%s", code);
	job->done(job, NULL, 0, &failure);
}

#endif
