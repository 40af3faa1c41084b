/* SPDX-License-Identifier: Apache-2.0 */
/* The bearers that the agent holds, one for each profile and user. Requests for one bearer at the same time cause one
 * exchange. A bearer is renewed ahead of its expiry, with jitter, if it was used since the last renewal or its profile
 * has a sink; it survives a failed renewal. Failures are remembered for 1 s, growing to 5 min. */
#ifndef P11BEARER_AGENT_CACHE_H
#define P11BEARER_AGENT_CACHE_H

#include "agent/agent.h"
#include "agent/bearer.h"
#include "agent/loop.h"
#include "agent/peer.h"
#include "agent/workers.h"

struct cache;

enum { REQUESTER_SIZE = 128 };

/* `renewed` is called for each new bearer of a profile's own user, and with NULL when it is wiped; for the sinks. The
 * caller closes *cache in any case. */
int cache_open(struct cache **cache, struct loop *loop, struct workers *workers,
	       void (*renewed)(void *context, const struct agent_profile *profile, struct agent_bearer *bearer),
	       void *context, struct error *error);
void cache_close(struct cache **cache); /* wipes everything; ends asks with a failure */

/* Takes another configuration, after agent_workers_configure and before agent_workers_retire. Profiles whose name and
 * fingerprint are the same keep their bearers; all others are wiped. What waits for a worker that such a profile no
 * longer has is sent to its new one, and failures of the old one are forgotten. `config` must live until the next one
 * is taken. Requests bearers for sinks. On failure, changes nothing. */
int cache_configure(struct cache *cache, const struct agent_config *config, struct error *error);

/* Asks for a bearer. The caller owns the ask, and leaves it alone until `done` was called or it was cancelled. */
struct ask {
	struct ask *next;
	void *pair;           /* private */
	double due;           /* private */
	const struct agent_profile *profile; /* a reload lets it point to the new configuration */
	const char *username; /* NULL: the profile's; the caller has checked that it is allowed */
	long min_life;        /* seconds that the bearer must still live, if its expiry is known */
	const char *fresh;    /* generation that a server has refused; NULL: none */
	bool patient;         /* wait for another try instead of taking a remembered or temporary failure */
	char requester[REQUESTER_SIZE]; /* to show: "uid 1000 (web.service)" */
	/* `bearer` is NULL on failure; `failure` says why. Use agent_bearer_use to keep it. May be called within
	 * cache_ask. */
	void (*done)(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure);
	void *context;
};
void cache_ask(struct cache *cache, struct ask *ask);
void cache_cancel(struct cache *cache, struct ask *ask);

/* Wipes the bearers of the profile, or all if NULL, and of the user, or all if NULL. Exchanges in progress are
 * abandoned, and what waits for them fails with `failure`; NULL: it is exchanged again. Returns how many bearers were
 * wiped. */
size_t cache_forget(struct cache *cache, const struct agent_profile *profile, const char *username,
		    const struct failure *failure);

/* What the status and the metrics show of a profile. */
struct cache_status {
	size_t bearers;             /* alive */
	long long expires_at;       /* the first to expire; 0: unknown */
	long long renewed_at;       /* seconds since 1970 of the last exchange that succeeded; 0: never */
	unsigned long exchanges, failures, hits; /* since the agent started or the profile changed */
	char requester[REQUESTER_SIZE]; /* of the last hand-out; "" */
	char reason[512];           /* of the last failure, unless one has succeeded since */
};
void cache_status(const struct cache *cache, const struct agent_profile *profile, struct cache_status *status);

#endif
