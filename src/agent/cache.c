/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- shelves ----------------------------------------------------------------------------------------------------- */

static struct shelf *shelf_new(struct cache *cache, const struct agent_profile *profile)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	if (shelf == NULL)
		return NULL;
	shelf->cache = cache;
	shelf->profile = profile;
	TAILQ_INIT(&shelf->pairs);
	return shelf;
}

static void append(struct ask ***end, struct ask *asks)
{
	**end = asks;
	while (**end != NULL)
		*end = &(**end)->next;
}

/* Wipes the pair. Appends what waited at *end. Returns whether it had a bearer. */
static bool wipe(struct pair *pair, struct ask ***end)
{
	bool had = pair->bearer != NULL;

	for (struct ask *ask = pair->asks; ask != NULL; ask = ask->next)
		ask->pair = NULL;
	append(end, pair->asks);
	pair->asks = NULL;
	pair->end = &pair->asks;
	timer_clear(pair->shelf->cache->loop, &pair->limit);
	pair_clear(pair);
	return had;
}

/* Wipes the pairs of the user, or all if NULL, and frees those that no sink needs. Returns how many bearers there were.
 */
static size_t shelf_wipe(struct shelf *shelf, const char *username, struct ask ***end)
{
	struct pair *pair = TAILQ_FIRST(&shelf->pairs), *next;
	size_t wiped = 0;

	for (; pair != NULL; pair = next) {
		next = TAILQ_NEXT(pair, on_shelf);
		if (username != NULL && strcmp(username, pair->username) != 0)
			continue;
		wiped += wipe(pair, end) ? 1 : 0;
		if (!pair_tidy(pair))
			pair_schedule(pair);
	}
	return wiped;
}

/* For a profile that is no more. */
static void shelf_close(struct shelf *shelf, struct ask ***end)
{
	struct pair *pair;

	while ((pair = TAILQ_FIRST(&shelf->pairs)) != NULL) {
		(void)wipe(pair, end);
		pair_free(pair);
	}
	free(shelf);
}

/* --- the cache --------------------------------------------------------------------------------------------------- */

int cache_open(struct cache **opened, struct loop *loop, struct workers *workers,
	       void (*renewed)(void *context, const struct agent_profile *profile, struct agent_bearer *bearer),
	       void *context, struct error *error)
{
	struct cache *cache = *opened = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return error_memory(error);
	cache->loop = loop;
	cache->workers = workers;
	cache->renewed = renewed;
	cache->context = context;
	TAILQ_INIT(&cache->by_use[false]);
	TAILQ_INIT(&cache->by_use[true]);
	cache->logins = logins_new();
	return cache->logins != NULL ? 0 : error_memory(error);
}

void cache_close(struct cache **cache)
{
	struct cache *old = *cache;
	struct ask *asks = NULL, **end = &asks;
	struct failure failure;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->shelf_count; i++)
		shelf_close(old->shelves[i], &end);
	old->shelf_count = 0;
	failure_set(&failure, FAILURE_WORKER, ERROR_CONFIG, 1, "the agent ends");
	asks_fail(old, asks, &failure);
	logins_free(&old->logins);
	free(old->shelves);
	free(old);
	*cache = NULL;
}

/* --- another configuration --------------------------------------------------------------------------------------- */

/* The index of the profile with this name, or `count`. */
static size_t find(const struct agent_config *config, const char *name)
{
	size_t i = 0;

	while (i < config->count && strcmp(config->profiles[i].name, name) != 0)
		i++;
	return i;
}

/* Puts each shelf whose profile has not changed into its new place, and NULL into the old one. */
static void keep(struct cache *cache, const struct agent_config *config, struct shelf **shelves)
{
	for (size_t i = 0; i < cache->shelf_count; i++) {
		struct shelf *shelf = cache->shelves[i];
		const struct agent_profile *old = shelf->profile;
		size_t place = find(config, old->name);
		struct pair *pair, *next;

		if (place == config->count || strcmp(config->profiles[place].fingerprint, old->fingerprint) != 0)
			continue;
		cache->shelves[i] = shelves[place];
		shelves[place] = shelf;
		shelf->profile = &config->profiles[place];
		for (pair = TAILQ_FIRST(&shelf->pairs); pair != NULL; pair = next) {
			next = TAILQ_NEXT(pair, on_shelf);
			for (struct ask *ask = pair->asks; ask != NULL; ask = ask->next)
				ask->profile = shelf->profile;
			if (old->sink == NULL && pair_has_sink(pair) && pair->bearer != NULL)
				cache->renewed(cache->context, shelf->profile, pair->bearer);
			if (strcmp(shelf->profile->worker, old->worker) != 0)
				pair_move(pair);
		}
	}
}

/* Lets those that waited for a profile which has changed wait for what it is now. */
static void ask_anew(struct cache *cache, struct ask *asks)
{
	struct ask *found = NULL, *gone = NULL, **found_end = &found, **gone_end = &gone, *next;
	struct leaving leaving;
	struct failure failure;

	for (struct ask *ask = asks; ask != NULL; ask = next) {
		size_t place = find(cache->config, ask->profile->name);
		struct ask ***end = place < cache->config->count ? &found_end : &gone_end;

		next = ask->next;
		ask->next = NULL;
		if (place < cache->config->count)
			ask->profile = &cache->config->profiles[place];
		append(end, ask);
	}
	failure_set(&failure, FAILURE_DENIED, ERROR_USAGE, 0, "the configuration no longer has this profile");
	asks_hold(cache, &leaving, gone);
	asks_again(cache, found);
	asks_fail(cache, asks_release(cache, &leaving), &failure);
}

/* Requests the bearers that sinks need. */
static void fill_sinks(struct cache *cache)
{
	for (size_t i = 0; i < cache->shelf_count; i++) {
		const struct agent_profile *profile = cache->shelves[i]->profile;
		struct pair *pair = NULL;

		if (profile->sink != NULL && profile->username != NULL)
			pair = pair_get(cache->shelves[i], profile->username);
		if (pair != NULL)
			pair_advance(pair);
	}
}

int cache_configure(struct cache *cache, const struct agent_config *config, struct error *error)
{
	struct shelf **shelves = calloc(config->count + 1, sizeof(struct shelf *)), **old = cache->shelves;
	size_t old_count = cache->shelf_count;
	struct ask *asks = NULL, **end = &asks;
	bool made = shelves != NULL;

	for (size_t i = 0; made && i < config->count; i++) {
		shelves[i] = shelf_new(cache, &config->profiles[i]);
		made = shelves[i] != NULL;
	}
	if (!made) {
		for (size_t i = 0; shelves != NULL && i < config->count; i++)
			free(shelves[i]);
		free(shelves);
		return error_memory(error);
	}
	keep(cache, config, shelves);
	for (size_t i = 0; i < old_count; i++)
		shelf_close(old[i], &end);
	free(old);
	cache->shelves = shelves;
	cache->shelf_count = config->count;
	cache->config = config;
	ask_anew(cache, asks);
	fill_sinks(cache);
	return 0;
}

/* --- what can be done with it ------------------------------------------------------------------------------------ */

size_t cache_forget(struct cache *cache, const struct agent_profile *profile, const char *username,
		    const struct failure *failure)
{
	struct ask *asks = NULL, **end = &asks;
	size_t wiped = 0;

	for (size_t i = 0; i < cache->shelf_count; i++) {
		if (profile == NULL || cache->shelves[i]->profile == profile)
			wiped += shelf_wipe(cache->shelves[i], username, &end);
	}
	if (failure != NULL)
		asks_fail(cache, asks, failure);
	else
		asks_again(cache, asks);
	return wiped;
}

void cache_status(const struct cache *cache, const struct agent_profile *profile, struct cache_status *status)
{
	const struct shelf *shelf = cache->shelves[profile - cache->config->profiles];
	const struct pair *pair;

	*status = shelf->figures;
	for (pair = TAILQ_FIRST(&shelf->pairs); pair != NULL; pair = TAILQ_NEXT(pair, on_shelf)) {
		if (!pair_lives(pair))
			continue;
		status->bearers++;
		if (pair->bearer->expires_at != 0 &&
		    (status->expires_at == 0 || pair->bearer->expires_at < status->expires_at))
			status->expires_at = pair->bearer->expires_at;
	}
}
