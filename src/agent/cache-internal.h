/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the cache. Each pair is a state machine: cache-pair.c keeps the pairs, cache-ask.c answers those who
 * wait, cache-exchange.c decides when to exchange and takes the results, cache-failure.c remembers what went wrong, and
 * cache-logins.c counts the logins of each user. Times are loop_now. */
#ifndef P11BEARER_AGENT_CACHE_INTERNAL_H
#define P11BEARER_AGENT_CACHE_INTERNAL_H

#include "agent/cache.h"

#include <sys/queue.h>

/* Most of the pairs, and of those without a bearer: whoever names many users must not exhaust memory, nor drive out
 * the bearers of others. */
enum { PAIRS_MAX = 100000, BARE_MAX = 20000 };

/* A failure as a pair remembers it. A struct failure is several KiB. */
struct past {
	enum failure_kind kind;
	enum error_class class;
	char code[FAILURE_CODE_SIZE];
	char text[];          /* the sentence, NUL, the hint, NUL */
};

/* One user of one profile. It exists while it has a bearer, somebody who waits, an exchange, a failure or a sink. */
struct pair {
	char *username;       /* comes first: see pair_get */
	TAILQ_ENTRY(pair) on_shelf, by_use; /* the last is the one used last */
	struct shelf *shelf;
	bool is_bare;         /* which list by_use is in */
	bool is_busy;         /* an exchange is in progress */
	bool was_used;        /* the bearer was handed out */
	bool for_life;        /* the exchange is for an ask that wants a longer life */
	struct job job;
	struct agent_bearer *bearer;
	double renew;         /* when the bearer is to be renewed; 0: it states no expiry */
	double longest;       /* milliseconds: what the server gave when an ask wanted a longer life; 0: none did yet */
	struct ask *asks, **end; /* that wait, the oldest first */
	struct timer turn;    /* the next renewal, try or expiry */
	struct timer limit;   /* of the asks */
	struct past *past;    /* the last failure, unless an exchange has succeeded since, or memory was short */
	bool was_ready;       /* the worker was ready then, so starting it again does not help */
	unsigned failures;    /* in a row */
	bool is_final;        /* after the last failure, another try makes no sense */
	double again;         /* no exchange before this time */
};

TAILQ_HEAD(pairs, pair);

/* The pairs of one profile, and its figures. */
struct shelf {
	struct cache *cache;
	const struct agent_profile *profile;
	void *tree;           /* of tsearch(3), by username: unlike a hash table, nobody's choice of names slows it */
	struct pairs pairs;
	struct cache_status figures;
};

/* Asks that are being answered. cache_cancel finds them here. */
struct leaving {
	struct leaving *outer;
	struct ask *asks;
};

struct cache {
	struct loop *loop;
	struct workers *workers;
	void (*renewed)(void *context, const struct agent_profile *profile, struct agent_bearer *bearer);
	void *context;
	const struct agent_config *config;
	struct shelf **shelves; /* one for each profile, same order */
	size_t shelf_count;
	struct pairs by_use[2]; /* with a bearer; without */
	size_t counts[2];
	struct leaving *leaving;
	struct logins *logins;
};

/* --- cache-pair.c --- */

/* Returns the pair, which is new and empty if there was none; NULL: no memory, or too many are in use. */
struct pair *pair_get(struct shelf *shelf, const char *username);

/* Whether a sink needs its bearer at any time. */
bool pair_has_sink(const struct pair *pair);

/* Makes it the last to be dropped. */
void pair_touch(struct pair *pair);

/* Takes the bearer over, instead of the one that it has; NULL: only wipes that. */
void pair_put(struct pair *pair, struct agent_bearer *bearer);

/* Abandons the exchange, and forgets the bearer and failures. What waits goes on waiting. */
void pair_clear(struct pair *pair);

/* Frees the pair if nothing needs it any more; returns whether it did. */
bool pair_tidy(struct pair *pair);
void pair_free(struct pair *pair);

/* --- cache-ask.c --- */

/* Whether the pair's bearer lives. */
bool pair_lives(const struct pair *pair);

/* Answers the asks that are due until then: with the pair's bearer, or, if it has none that serves them, with the
 * failure, except that patient asks go on waiting if it is temporary. `failure` NULL: the bearer is new and serves
 * all. The pair may be gone then. */
void pair_answer(struct pair *pair, const struct failure *failure, double due);

/* Lets cache_cancel find asks that are in no pair's list. asks_release returns those that are left. Nests. */
void asks_hold(struct cache *cache, struct leaving *leaving, struct ask *asks);
struct ask *asks_release(struct cache *cache, struct leaving *leaving);

/* Asks again for those in the list, which is no pair's, or makes them fail. */
void asks_again(struct cache *cache, struct ask *asks);
void asks_fail(struct cache *cache, struct ask *asks, const struct failure *failure);

/* --- cache-exchange.c --- */

/* Exchanges if somebody waits or a renewal is due, and if nothing is against it. The pair may be gone then. */
void pair_advance(struct pair *pair);

/* Nobody waits any more: there is no exchange if it has not begun, so that those who ask and leave cannot make others
 * wait behind exchanges that are for nobody. */
void pair_withdraw(struct pair *pair);

/* The profile has another worker, with another key perhaps: an exchange begins again there when the loop runs, and
 * counts as one login; failures of the old worker say nothing about it. The pair may be gone then. */
void pair_move(struct pair *pair);

/* Sets the timer for what comes next. */
void pair_schedule(struct pair *pair);

/* --- cache-failure.c --- */

/* Remembers the failure of an exchange, sets when another makes sense, and tells `failure`. */
void pair_fail(struct pair *pair, struct failure *failure);
void pair_forgive(struct pair *pair);

/* Whether there must be no exchange now, and why. */
bool pair_is_barred(struct pair *pair, struct failure *failure);

/* When to look again whether there may be one. */
double pair_next_try(struct pair *pair);

/* --- cache-logins.c --- */

/* Logins are counted for each server (see agent_profile) and user, in the last hour. Case of ASCII letters in names
 * does not matter. */
struct logins *logins_new(void);
void logins_free(struct logins **logins);

/* The seconds to wait until one more is allowed; 0: now. */
long logins_wait(const struct logins *logins, const char *server, const char *username, long per_hour, double now);

/* Counts a login, or takes it back because it did not happen. */
void logins_count(struct logins *logins, const char *server, const char *username, double now);
void logins_take_back(struct logins *logins, const char *server, const char *username);

/* Allows none until then. `logins_blocked` returns the seconds that are left. */
void logins_block(struct logins *logins, const char *server, const char *username, double until, double now);
long logins_blocked(const struct logins *logins, const char *server, const char *username, double now);

#endif
