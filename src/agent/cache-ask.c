/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include "base/text.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const double LIMIT_MAX = 60e3;   /* milliseconds: longer than clients of HTTP wait */
static const double MARGIN_MAX = 5e3;   /* that a bearer shall live on after it was handed out */

/* --- whom the bearer serves -------------------------------------------------------------------------------------- */

bool pair_lives(const struct pair *pair)
{
	return pair->bearer != NULL &&
	       !agent_bearer_is_dead(pair->bearer, loop_now(pair->shelf->cache->loop), (long long)time(NULL));
}

/* Whether a server has refused the bearer that the ask would get. */
static bool is_refused(const struct pair *pair, const struct ask *ask)
{
	return ask->fresh != NULL && strcmp(ask->fresh, pair->bearer->generation) == 0;
}

/* Whether the bearer lives too short for the ask, so that a renewal helps. A server that has given less than what was
 * wanted is asked for it only at half of what it gives: else such asks would cause an exchange each. */
static bool is_short(const struct pair *pair, const struct ask *ask)
{
	const struct agent_bearer *bearer = pair->bearer;
	double life = bearer->expires - bearer->began, wanted = (double)ask->min_life * 1e3;

	if (bearer->expires <= 0)
		return false;
	if (pair->longest > 0 && wanted > pair->longest)
		wanted = fmin(pair->longest, life) / 2;
	wanted = fmax(wanted, fmin(MARGIN_MAX, life / 10));
	return bearer->expires - loop_now(pair->shelf->cache->loop) < wanted;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

void asks_hold(struct cache *cache, struct leaving *leaving, struct ask *asks)
{
	*leaving = (struct leaving){ cache->leaving, asks };
	cache->leaving = leaving;
}

struct ask *asks_release(struct cache *cache, struct leaving *leaving)
{
	cache->leaving = leaving->outer;
	return leaving->asks;
}

/* Answers asks that are in no list, all alike. */
static void asks_answer(struct cache *cache, struct ask *asks, struct agent_bearer *bearer,
			const struct failure *failure)
{
	struct leaving leaving;
	struct ask *ask;

	asks_hold(cache, &leaving, asks);
	while ((ask = leaving.asks) != NULL) {
		leaving.asks = ask->next;
		ask->next = NULL;
		ask->done(ask, bearer, failure);
	}
	(void)asks_release(cache, &leaving);
}

void asks_fail(struct cache *cache, struct ask *asks, const struct failure *failure)
{
	asks_answer(cache, asks, NULL, failure);
}

void asks_again(struct cache *cache, struct ask *asks)
{
	struct leaving leaving;
	struct ask *ask;

	asks_hold(cache, &leaving, asks);
	while ((ask = leaving.asks) != NULL) {
		leaving.asks = ask->next;
		cache_ask(cache, ask);
	}
	(void)asks_release(cache, &leaving);
}

static void note_use(struct pair *pair, const struct ask *ask)
{
	pair->was_used = true;
	memcpy(pair->shelf->figures.requester, ask->requester, REQUESTER_SIZE);
}

/* Lets the asks' timer follow the oldest ask that has a limit. */
static void set_limit(struct pair *pair)
{
	struct loop *loop = pair->shelf->cache->loop;
	const struct ask *ask = pair->asks;

	while (ask != NULL && ask->due == INFINITY)
		ask = ask->next;
	if (ask != NULL)
		(void)timer_set(loop, &pair->limit, ask->due);
	else
		timer_clear(loop, &pair->limit);
}

/* Whether a patient ask must hear it, because waiting makes no sense. */
static bool is_over(const struct pair *pair, const struct failure *failure)
{
	return pair->is_final && (failure->kind == FAILURE_WORKER || failure->kind == FAILURE_REQUEST);
}

static void push(struct ask ***end, struct ask *ask)
{
	ask->next = NULL;
	**end = ask;
	*end = &ask->next;
}

void pair_answer(struct pair *pair, const struct failure *failure, double due)
{
	struct cache *cache = pair->shelf->cache;
	struct ask *served = NULL, **served_end = &served, *failed = NULL, **failed_end = &failed, *ask, *next;
	struct agent_bearer *bearer = pair->bearer != NULL ? agent_bearer_use(pair->bearer) : NULL;
	struct leaving leaving;
	bool lives = pair_lives(pair);

	ask = pair->asks;
	pair->asks = NULL;
	pair->end = &pair->asks;
	for (; ask != NULL; ask = next) {
		next = ask->next;
		if (failure == NULL || (lives && ask->due <= due && !is_refused(pair, ask))) {
			note_use(pair, ask);
			push(&served_end, ask);
		} else if (ask->due > due || (ask->patient && !is_over(pair, failure))) {
			push(&pair->end, ask);
			continue;
		} else {
			push(&failed_end, ask);
		}
		ask->pair = NULL;
	}
	set_limit(pair);
	if (!pair_tidy(pair))
		pair_schedule(pair);
	/* From here on, callbacks may do anything, to the pair too. */
	asks_hold(cache, &leaving, failed);
	asks_answer(cache, served, bearer, NULL);
	asks_fail(cache, asks_release(cache, &leaving), failure);
	agent_bearer_leave(&bearer);
}

/* --- asks -------------------------------------------------------------------------------------------------------- */

/* Whether the ask can be a pair's; the pair, or NULL and a failure. */
static struct pair *find_pair(struct cache *cache, const struct ask *ask, struct failure *failure)
{
	const struct agent_profile *profile = ask->profile;
	const char *username = ask->username != NULL ? ask->username : profile->username;
	const char *fault = username != NULL ? text_fault(username) : NULL;
	struct pair *pair = NULL;

	if (username == NULL) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the profile %s has no username of its own",
			    profile->name);
		error_hint(&failure->error, "name one in the request");
	} else if (fault != NULL) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the username %s", fault);
	} else {
		pair = pair_get(cache->shelves[profile - cache->config->profiles], username);
		if (pair == NULL)
			failure_set(failure, FAILURE_BUDGET, ERROR_UNEXPECTED, 1, "too many users wait for bearers");
	}
	return pair;
}

void cache_ask(struct cache *cache, struct ask *ask)
{
	const struct agent_profile *profile = ask->profile;
	struct failure failure;
	struct pair *pair = find_pair(cache, ask, &failure);

	ask->next = NULL;
	ask->pair = NULL;
	if (pair == NULL) {
		asks_fail(cache, ask, &failure);
		return;
	}
	pair_touch(pair);
	if (pair_lives(pair) && !is_refused(pair, ask) && !is_short(pair, ask)) {
		struct agent_bearer *bearer = agent_bearer_use(pair->bearer);

		pair->shelf->figures.hits++;
		note_use(pair, ask);
		pair_advance(pair);
		asks_answer(cache, ask, bearer, NULL);
		agent_bearer_leave(&bearer);
		return;
	}
	ask->pair = pair;
	ask->due = INFINITY;
	if (!ask->patient) {
		ask->due = loop_now(cache->loop) +
			   fmin(LIMIT_MAX, (double)(profile->module_timeout + profile->timeout + 5) * 1e3);
	}
	pair->for_life |= pair_lives(pair) && !is_refused(pair, ask);
	push(&pair->end, ask);
	if (!ask->patient && pair->limit.place == 0)
		set_limit(pair);
	pair_advance(pair);
}

/* Takes the ask out of the list. Returns whether it was there. */
static bool take_out(struct ask **place, const struct ask *ask)
{
	while (*place != NULL && *place != ask)
		place = &(*place)->next;
	if (*place == NULL)
		return false;
	*place = ask->next;
	return true;
}

void cache_cancel(struct cache *cache, struct ask *ask)
{
	struct pair *pair = ask->pair;

	for (struct leaving *leaving = cache->leaving; leaving != NULL; leaving = leaving->outer) {
		if (take_out(&leaving->asks, ask))
			return;
	}
	if (pair == NULL)
		return;
	ask->pair = NULL;
	(void)take_out(&pair->asks, ask);
	pair->end = &pair->asks;
	while (*pair->end != NULL)
		pair->end = &(*pair->end)->next;
	set_limit(pair);
	if (pair->asks == NULL)
		pair_withdraw(pair);
	if (!pair_tidy(pair))
		pair_schedule(pair);
}
