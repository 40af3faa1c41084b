/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor: worker processes that sign and exchange. There is one for each set of profiles with the same `worker`
 * text and each kind. Workers speak JSON lines over pipes (see p11bearer-batch(7)); their stderr is repeated after
 * the profile's name.
 *
 * A worker that ends is started again after 1 s, growing to 5 min, and only if its last login succeeded or may not have
 * happened. After a refused PIN (exit status 5) it stays down. A worker that no longer answers is killed. */
#ifndef P11BEARER_AGENT_WORKERS_H
#define P11BEARER_AGENT_WORKERS_H

#include "agent/agent.h"
#include "agent/failure.h"
#include "agent/loop.h"
#include "base/secret.h"

struct workers;
enum worker_kind { WORKER_BEARERS, WORKER_ASSERTIONS };

/* *workers has no profiles yet. `idle` is called when no worker is left that could serve, because PINs were refused.
 * The caller closes *workers in any case. */
int agent_workers_open(struct workers **workers, struct loop *loop, const struct agent_setup *setup,
		       void (*idle)(void *context), void *context, struct error *error);

/* Ends all workers: closes their stdin, and kills those that are left after five seconds. Ends all jobs first. */
void agent_workers_close(struct workers **workers);

/* Takes another configuration, which must live until the next one is taken, and adds the workers that it needs. Does
 * not fail if the configuration needs no others than are there. On failure, changes nothing. */
int agent_workers_configure(struct workers *workers, const struct agent_config *config, struct error *error);

/* Ends the workers that no profile needs any more, and fails what jobs they still have with FAILURE_REPLACED; such a
 * job may be sent again. New ones for bearers start, unless the PIN is typed. Workers for assertions start with their
 * first job. */
void agent_workers_retire(struct workers *workers);

/* One line for a worker. The caller owns the job, and leaves it alone until `done` was called or it was cancelled. */
struct job {
	unsigned long ref;
	void *worker; /* private */
	double due;   /* private */
	/* `answer`: members of a JSON object, without the opening brace, "line" and "ref", as the worker wrote them;
	 * valid during the call. On failure it is NULL, and `failure` says why. May be called within
	 * agent_workers_send. */
	void (*done)(struct job *job, const char *answer, size_t length, const struct failure *failure);
	void *context;
};

/* Sends the members of a line, such as "username":"u","client-id":"c"; adds "ref". A job that is not answered in
 * `milliseconds` fails with FAILURE_TIME; its late answer is dropped. */
void agent_workers_send(struct workers *workers, const struct agent_profile *profile, enum worker_kind kind,
			const char *members, double milliseconds, struct job *job);
void agent_workers_cancel(struct workers *workers, struct job *job);

/* Cancels the job if no worker has its line yet. Returns whether it did. */
bool agent_workers_withdraw(struct workers *workers, struct job *job);

/* Starts the workers of a profile with a PIN in pipes that nothing has read: one descriptor for each kind; both are
 * taken over, even on failure. -1: the profile needs no PIN; it was locked. `done` is called once: when the worker for
 * bearers is ready, or with why it is not. */
struct unlocking {
	void (*done)(struct unlocking *unlocking, const struct failure *failure);
	void *context;
};
void agent_workers_unlock(struct workers *workers, const struct agent_profile *profile, int pins[2],
			  struct unlocking *unlocking);
void agent_workers_unlock_cancel(struct workers *workers, struct unlocking *unlocking);

/* Ends the workers of the profile, or all if NULL. They start again only by agent_workers_unlock. */
void agent_workers_lock(struct workers *workers, const struct agent_profile *profile);

/* How a profile's worker for bearers is. */
enum worker_state { WORKER_LOCKED, WORKER_STARTING, WORKER_READY, WORKER_WAITING /* to start again */, WORKER_REFUSED };
enum worker_state agent_workers_state(const struct workers *workers, const struct agent_profile *profile);
const char *worker_state_name(enum worker_state state); /* "locked", "starting", "ready", "waiting", "PIN refused" */

/* The last error of the profile's worker, one sentence, or "". */
const char *agent_workers_reason(const struct workers *workers, const struct agent_profile *profile);

/* Processes of workers, since the agent started; for the metrics. */
unsigned long agent_workers_starts(const struct workers *workers);

#endif
