/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* The tree's key is the place of the name, with which a pair begins. */
static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Whether it is the profile's own user. */
static bool is_own(const struct pair *pair)
{
	const char *own = pair->shelf->profile->username;

	return own != NULL && strcmp(own, pair->username) == 0;
}

bool pair_has_sink(const struct pair *pair)
{
	return pair->shelf->profile->sink != NULL && is_own(pair);
}

static void enlist(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;

	pair->is_bare = pair->bearer == NULL;
	TAILQ_INSERT_TAIL(&cache->by_use[pair->is_bare], pair, by_use);
	cache->counts[pair->is_bare]++;
}

static void delist(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;

	TAILQ_REMOVE(&cache->by_use[pair->is_bare], pair, by_use);
	cache->counts[pair->is_bare]--;
}

void pair_touch(struct pair *pair)
{
	delist(pair);
	enlist(pair);
}

/* --- what it has ------------------------------------------------------------------------------------------------- */

void pair_put(struct pair *pair, struct agent_bearer *bearer)
{
	struct cache *cache = pair->shelf->cache;
	bool had = pair->bearer != NULL;

	agent_bearer_leave(&pair->bearer);
	pair->bearer = bearer;
	pair->was_used = false;
	pair->renew = 0;
	if (had != (bearer != NULL))
		pair_touch(pair);
	if (is_own(pair) && (had || bearer != NULL))
		cache->renewed(cache->context, pair->shelf->profile, bearer);
}

void pair_clear(struct pair *pair)
{
	struct cache *cache = pair->shelf->cache;

	if (pair->is_busy)
		agent_workers_cancel(cache->workers, &pair->job);
	pair->is_busy = false;
	pair->longest = 0;
	pair_forgive(pair);
	pair_put(pair, NULL);
	timer_clear(cache->loop, &pair->turn);
}

/* --- existence --------------------------------------------------------------------------------------------------- */

static bool is_in_use(const struct pair *pair)
{
	return pair->is_busy || pair->asks != NULL || pair_has_sink(pair);
}

void pair_free(struct pair *pair)
{
	struct shelf *shelf = pair->shelf;

	timer_clear(shelf->cache->loop, &pair->turn);
	timer_clear(shelf->cache->loop, &pair->limit);
	delist(pair);
	TAILQ_REMOVE(&shelf->pairs, pair, on_shelf);
	tdelete(pair, &shelf->tree, compare);
	free(pair->username);
	free(pair);
}

bool pair_tidy(struct pair *pair)
{
	if (is_in_use(pair) || pair->bearer != NULL || pair->past != NULL)
		return false;
	pair_free(pair);
	return true;
}

/* Drops the pair that was not used for the longest time. */
static bool drop_one(struct pairs *pairs)
{
	struct pair *pair = TAILQ_FIRST(pairs);

	while (pair != NULL && is_in_use(pair))
		pair = TAILQ_NEXT(pair, by_use);
	if (pair == NULL)
		return false;
	pair_clear(pair);
	pair_free(pair);
	return true;
}

static bool make_room(struct cache *cache)
{
	if (cache->counts[true] < BARE_MAX && cache->counts[true] + cache->counts[false] < PAIRS_MAX)
		return true;
	return drop_one(&cache->by_use[true]) || (cache->counts[true] < BARE_MAX && drop_one(&cache->by_use[false]));
}

static void turn(void *context)
{
	pair_advance(context);
}

static void limit(void *context)
{
	struct pair *pair = context;
	double now = loop_now(pair->shelf->cache->loop);
	struct failure failure;

	failure_set(&failure, FAILURE_TIME, ERROR_NETWORK, 1,
		    "cannot get a bearer in time: the worker has not answered yet");
	error_hint(&failure.error, "ask again: the login goes on, and its bearer is kept");
	pair_answer(pair, &failure, now);
}

struct pair *pair_get(struct shelf *shelf, const char *username)
{
	struct pair **found = tfind(&username, &shelf->tree, compare), *pair;

	if (found != NULL)
		return *found;
	pair = make_room(shelf->cache) ? calloc(1, sizeof(*pair)) : NULL;
	if (pair == NULL)
		return NULL;
	pair->shelf = shelf;
	pair->end = &pair->asks;
	pair->turn = (struct timer){ .call = turn, .context = pair };
	pair->limit = (struct timer){ .call = limit, .context = pair };
	pair->username = strdup(username);
	if (pair->username == NULL || tsearch(pair, &shelf->tree, compare) == NULL) {
		free(pair->username);
		free(pair);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&shelf->pairs, pair, on_shelf);
	enlist(pair);
	return pair;
}
