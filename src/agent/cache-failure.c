/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WAIT_MAX = 300,        /* seconds between two tries, unless the server asks for more */
	ASKED_MAX = 3600,      /* that a server may ask for */
	LOGIN_RATE_WAIT = 900, /* after "login rate exceeded" */
	LOOK_WAIT = 2,         /* between two looks at whether the worker is still locked or being restarted */
	DOUBLED_MAX = 9,
};

/* Salesforce says so as invalid_grant, and p11bearer in its own words too. */
static bool is_login_rate(const struct failure *failure)
{
	return failure->error.class == ERROR_ORG && (strcasestr(failure->error.text, "login rate exceeded") != NULL ||
						     strcmp(failure->code, "login_rate_exceeded") == 0);
}

/* Whether no other try makes sense until a person has done something. */
static bool is_final(const struct failure *failure)
{
	static const char *const temporary[] = { "", "temporarily_unavailable", "server_error", "slow_down" };

	if (failure->kind != FAILURE_WORKER || failure->retry_after > 0)
		return failure->kind == FAILURE_REQUEST;
	if (failure->error.class != ERROR_ORG)
		return failure->error.class == ERROR_PIN || failure->error.class == ERROR_USAGE ||
		       failure->error.class == ERROR_CONFIG;
	for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++) {
		if (strcmp(failure->code, temporary[i]) == 0)
			return false;
	}
	return !is_login_rate(failure);
}

static struct past *past_new(const struct failure *failure)
{
	size_t text = strlen(failure->error.text) + 1, hint = strlen(failure->error.hint) + 1;
	struct past *past = malloc(sizeof(*past) + text + hint);

	if (past == NULL)
		return NULL;
	past->kind = failure->kind;
	past->class = failure->error.class;
	memcpy(past->code, failure->code, sizeof(past->code));
	memcpy(past->text, failure->error.text, text);
	memcpy(past->text + text, failure->error.hint, hint);
	return past;
}

static void recall(const struct pair *pair, struct failure *failure, double now)
{
	const struct past *past = pair->past;
	long left = (long)ceil((pair->again - now) / 1e3);

	if (past == NULL) {
		failure_set(failure, FAILURE_WORKER, ERROR_UNEXPECTED, left, "out of memory");
		return;
	}
	failure_set(failure, past->kind, past->class, left, "%s", past->text);
	error_hint(&failure->error, "%s", past->text + strlen(past->text) + 1);
	memcpy(failure->code, past->code, sizeof(past->code));
}

static enum worker_state state(const struct pair *pair)
{
	return agent_workers_state(pair->shelf->cache->workers, pair->shelf->profile);
}

void pair_fail(struct pair *pair, struct failure *failure)
{
	struct cache *cache = pair->shelf->cache;
	struct cache_status *figures = &pair->shelf->figures;
	double now = loop_now(cache->loop);
	long wait;
	bool ready = state(pair) == WORKER_READY;

	pair->is_final = is_final(failure);
	if (ready && !pair->was_ready)
		pair->failures = 0; /* that was another trouble */
	wait = 1L << (pair->failures < DOUBLED_MAX ? pair->failures : DOUBLED_MAX);
	if (wait > WAIT_MAX)
		wait = WAIT_MAX;
	if (wait < failure->retry_after)
		wait = failure->retry_after < ASKED_MAX ? failure->retry_after : ASKED_MAX;
	if (is_login_rate(failure)) {
		wait = wait > LOGIN_RATE_WAIT ? wait : LOGIN_RATE_WAIT;
		logins_block(cache->logins, pair->shelf->profile->server, pair->username,
			     now + (double)wait * 1e3, now);
	}
	failure->retry_after = wait;
	free(pair->past);
	pair->past = past_new(failure);
	pair->was_ready = ready;
	pair->failures++;
	pair->again = now + (double)wait * 1e3;
	figures->failures++;
	snprintf(figures->reason, sizeof(figures->reason), "%.*s", (int)sizeof(figures->reason) - 1,
		 failure->error.text);
}

void pair_forgive(struct pair *pair)
{
	free(pair->past);
	pair->past = NULL;
	pair->failures = 0;
	pair->is_final = false;
	pair->again = 0;
}

/* Whether to wait until the worker is back in service: for a renewal and, while it is locked, for patient asks. Other
 * asks go to it, and hear from it what is wrong. */
static bool can_wait(const struct pair *pair, enum worker_state worker)
{
	const struct ask *ask = pair->asks;

	if (worker == WORKER_READY || worker == WORKER_STARTING)
		return false;
	while (worker == WORKER_LOCKED && ask != NULL && ask->patient)
		ask = ask->next;
	return ask == NULL;
}

/* Whether the user must not log in. */
static bool is_over_budget(const struct pair *pair, struct failure *failure, double now)
{
	const struct agent_profile *profile = pair->shelf->profile;
	const struct logins *logins = pair->shelf->cache->logins;
	long wait = logins_blocked(logins, profile->server, pair->username, now);

	if (wait > 0) {
		failure_set(failure, FAILURE_BUDGET, ERROR_ORG, wait,
			    "not sent: the server has refused the user %.200s: login rate exceeded", pair->username);
		return true;
	}
	wait = logins_wait(logins, profile->server, pair->username, profile->logins_per_hour, now);
	if (wait > 0) {
		failure_set(failure, FAILURE_BUDGET, ERROR_ORG, wait,
			    "not sent: the user %.200s has logged in %ld time%s in the last hour", pair->username,
			    profile->logins_per_hour, profile->logins_per_hour == 1 ? "" : "s");
		error_hint(&failure->error, "find out who asks for fresh bearers so often, or raise logins-per-hour");
		return true;
	}
	return false;
}

bool pair_is_barred(struct pair *pair, struct failure *failure)
{
	double now = loop_now(pair->shelf->cache->loop);
	enum worker_state worker = state(pair);

	if (now < pair->again && (pair->was_ready || worker != WORKER_READY)) {
		recall(pair, failure, now);
		return true;
	}
	if (is_over_budget(pair, failure, now))
		return true;
	if (!can_wait(pair, worker))
		return false;
	failure_set(failure, FAILURE_LOCKED, ERROR_PIN, LOOK_WAIT, "the profile %s is locked",
		    pair->shelf->profile->name);
	return true;
}

double pair_next_try(struct pair *pair)
{
	struct failure failure;
	double wait = pair_is_barred(pair, &failure) ? (double)failure.retry_after : 0;

	if (state(pair) != WORKER_READY)
		wait = fmin(wait, LOOK_WAIT);
	return loop_now(pair->shelf->cache->loop) + wait * 1e3;
}
