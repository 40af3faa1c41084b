/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include "agent/line.h"

#include <math.h>
#include <openssl/rand.h>
#include <time.h>

static const double LEAD_MAX = 600e3;      /* milliseconds: a bearer is renewed at most so much ahead of its expiry */
static const double JOB_MAX = 600e3;       /* the longest wait for a worker's answer, whoever asked for it */
static const double WALL_CHECK = 60e3;     /* between two looks at the other clock, for sinks */

/* --- when -------------------------------------------------------------------------------------------------------- */

/* Whether somebody waits, or the bearer is to be renewed. */
static bool is_due(const struct pair *pair)
{
	if (pair->asks != NULL)
		return true;
	if (!pair_lives(pair))
		return pair_has_sink(pair);
	return pair->renew > 0 && loop_now(pair->shelf->cache->loop) >= pair->renew &&
	       (pair->was_used || pair_has_sink(pair));
}

/* When to renew: after four fifths of its life or ten minutes ahead, and up to half of the rest later, so that not all
 * are renewed at once. */
static double renewal(const struct agent_bearer *bearer)
{
	double life = bearer->expires - bearer->began, lead = fmin(life / 5, LEAD_MAX);
	unsigned char jitter[2] = { 0, 0 };

	if (bearer->expires <= 0)
		return 0;
	(void)RAND_bytes(jitter, sizeof(jitter));
	return bearer->expires - lead + lead / 2 * (jitter[0] << 8 | jitter[1]) / 65536;
}

void pair_schedule(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;
	const struct agent_bearer *bearer = pair->bearer;
	double now = loop_now(cache->loop), next = INFINITY;

	if (bearer != NULL && bearer->expires > 0) {
		next = bearer->expires;
		if (pair->renew > now && !pair->is_busy)
			next = fmin(next, pair->renew);
		if (pair_has_sink(pair))
			next = fmin(next, now + WALL_CHECK);
	}
	if (!pair->is_busy && is_due(pair))
		next = fmin(next, pair_next_try(pair));
	if (next == INFINITY)
		timer_clear(cache->loop, &pair->turn);
	else
		(void)timer_set(cache->loop, &pair->turn, next);
}

/* --- results ----------------------------------------------------------------------------------------------------- */

/* Whether the failure came before the server: no login was used up. */
static bool is_no_login(const struct failure *failure)
{
	switch (failure->error.class) {
	case ERROR_USAGE:
	case ERROR_CONFIG:
	case ERROR_NO_KEY:
	case ERROR_PIN:
	case ERROR_TOKEN:
		return true;
	default:
		return failure->kind == FAILURE_LOCKED;
	}
}

/* Takes the worker's answer. */
static int take(struct pair *pair, const char *answer, size_t length, struct error *error)
{
	struct shelf *shelf = pair->shelf;
	const struct agent_profile *profile = shelf->profile;
	long long clock = (long long)time(NULL);
	struct agent_bearer *bearer;
	int result = agent_bearer_new(&bearer, answer, length, profile->name, profile->bearer_seconds,
				      loop_now(shelf->cache->loop), clock, error);

	if (result < 0)
		return result;
	pair_forgive(pair);
	pair_put(pair, bearer);
	pair->renew = renewal(bearer);
	if (pair->for_life && bearer->expires > 0)
		pair->longest = bearer->expires - bearer->began;
	shelf->figures.renewed_at = clock;
	shelf->figures.reason[0] = '\0';
	return 0;
}

static void answered(struct job *job, const char *answer, size_t length, const struct failure *reason)
{
	struct pair *pair = job->context;
	const struct agent_profile *profile = pair->shelf->profile;
	struct failure failure = { .kind = FAILURE_WORKER };

	pair->is_busy = false;
	if (answer != NULL && take(pair, answer, length, &failure.error) == 0) {
		pair->for_life = false;
		pair_answer(pair, NULL, INFINITY);
		return;
	}
	pair->for_life = false;
	if (answer == NULL) {
		failure = *reason;
		if (is_no_login(reason))
			logins_take_back(pair->shelf->cache->logins, profile->server, pair->username);
	}
	pair_fail(pair, &failure);
	pair_answer(pair, &failure, INFINITY);
}

/* --- exchanges --------------------------------------------------------------------------------------------------- */

/* The milliseconds in which a worker answers, whatever happens to it. It is longer than the limit of the asks, so that
 * a login that takes long is not lost. */
static double job_limit(const struct agent_profile *profile)
{
	double seconds = (double)(profile->module_wait + 2 * profile->module_timeout +
				  (profile->retries + 1) * (profile->timeout + 30) + 30);

	return fmin(seconds * 1e3, JOB_MAX);
}

static void exchange(struct pair *pair)
{
	struct shelf *shelf = pair->shelf;
	struct cache *cache = shelf->cache;
	const struct agent_profile *profile = shelf->profile;
	struct secret *line = secret_new(0);

	if (line == NULL || agent_line(line, profile, pair->username) < 0) {
		struct failure failure;

		secret_free(&line);
		failure_set(&failure, FAILURE_WORKER, ERROR_UNEXPECTED, 0, "out of memory");
		pair_fail(pair, &failure);
		pair_answer(pair, &failure, INFINITY);
		return;
	}
	pair->is_busy = true;
	pair->job = (struct job){ .done = answered, .context = pair };
	pair_schedule(pair);
	shelf->figures.exchanges++;
	logins_count(cache->logins, profile->server, pair->username, loop_now(cache->loop));
	agent_workers_send(cache->workers, profile, WORKER_BEARERS, secret_data(line), job_limit(profile),
			   &pair->job);
	secret_free(&line);
}

void pair_withdraw(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;

	if (!pair->is_busy || !agent_workers_withdraw(cache->workers, &pair->job))
		return;
	pair->is_busy = pair->for_life = false;
	logins_take_back(cache->logins, pair->shelf->profile->server, pair->username);
}

void pair_move(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;

	if (pair->is_busy) {
		agent_workers_cancel(cache->workers, &pair->job);
		pair->is_busy = false;
		logins_take_back(cache->logins, pair->shelf->profile->server, pair->username);
	}
	pair_forgive(pair);
	if (!pair_tidy(pair))
		pair_schedule(pair);
}

void pair_advance(struct pair *pair)
{
	struct failure failure;

	if (pair->bearer != NULL && !pair_lives(pair))
		pair_put(pair, NULL);
	if (!pair->is_busy && is_due(pair)) {
		if (pair_is_barred(pair, &failure))
			pair_answer(pair, &failure, INFINITY);
		else
			exchange(pair);
	} else if (!pair_tidy(pair)) {
		pair_schedule(pair);
	}
}
