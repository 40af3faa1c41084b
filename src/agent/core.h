/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the agent share. */
#ifndef P11BEARER_AGENT_CORE_H
#define P11BEARER_AGENT_CORE_H

#include "agent/agent.h"
#include "agent/cache.h"
#include "agent/listener.h"
#include "agent/loop.h"
#include "agent/peer.h"
#include "agent/workers.h"
#include "audit/audit.h"

#include <time.h>

struct http;

/* The parsed rules of a profile. */
struct access {
	struct rules *bearer, *assertion;
};

struct agent {
	const struct agent_setup *setup;
	struct agent_config *config;
	struct access *access;       /* one for each profile, same order */
	struct rules *metrics;
	struct loop *loop;
	struct listener *listener;
	struct workers *workers;
	struct cache *cache;
	struct http *http;
	char reload_problem[512];    /* why the last reload failed, or "" */
	long long started;           /* seconds since 1970 */
	unsigned long handed, refused, assertions, failed; /* answers, for the metrics */
};

/* The profile with this name, or NULL. */
const struct agent_profile *agent_profile(const struct agent *agent, const char *name);
const struct access *agent_access(const struct agent *agent, const struct agent_profile *profile);

/* Whether the peer may have bearers (or assertions) of the profile for `username` (NULL: the profile's own). If not,
 * fills `failure`; an unknown profile (NULL) and a forbidden one look the same. Fails also if neither the request nor
 * the profile names a user. */
bool agent_allows(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
		  const char *username, struct peer *peer, struct failure *failure);

/* (record.c) Records a hand-out or a refusal in the profile's audit, or, without a profile (NULL), in all audits. If
 * that is required and fails, returns -1 and fills `failure`, of the class ERROR_UNEXPECTED: hand nothing out. */
int agent_record(const struct agent *agent, const struct agent_profile *profile, enum worker_kind kind,
		 const char *username, struct peer *peer, const char *jti, const struct failure *refusal,
		 struct failure *failure);

/* (record.c) Records what somebody told the agent to do (AUDIT_UNLOCK, AUDIT_LOCK, AUDIT_FORGET or AUDIT_RELOAD), or
 * that it failed or was refused (`problem`), like agent_record: `profile` NULL means all. `peer` NULL: a signal. If
 * recording is required and fails, fails with ERROR_UNEXPECTED. */
int agent_record_action(const struct agent *agent, enum audit_event event, const struct agent_profile *profile,
			const char *username, struct peer *peer, const struct error *problem, struct error *error);

/* Reads the configuration again; on any error, keeps the old one. */
int agent_reload(struct agent *agent, struct error *error);

/* Wipes the bearers and ends the workers of the profile, or all if NULL. */
void agent_lock(struct agent *agent, const struct agent_profile *profile);

/* "uid 1000 (web.service)", to show. */
void agent_requester(struct peer *peer, char text[REQUESTER_SIZE]);

/* (http.c) HTTP/1.1 on connections that the listener has accepted. `agent_http_after` is for loop_run. */
int agent_http_open(struct http **http, struct agent *agent, struct error *error);
void agent_http_close(struct http **http);
void agent_http_connection(struct http *http, int fd, const struct peer *peer);
double agent_http_after(struct http *http);

/* (credential.c) A connection of systemd's LoadCredential=: gets the bare bearer. It never receives an empty
 * credential. credential_end_all makes those that wait fail; call it before listener_close. */
void credential_connection(struct agent *agent, int fd, const struct peer *peer);
void credential_end_all(void);

/* (unlock.c) A connection of "p11bearer agent unlock". */
void unlock_connection(struct agent *agent, int fd, const struct peer *peer);
void unlock_end_all(void);

/* (sink.c) Replaces the profile's sink with the bearer, or removes it (NULL): for cache_open's `renewed`. A failure is
 * warned of, once until it succeeds, and tried again. */
void sink_write(struct agent *agent, const struct agent_profile *profile, struct agent_bearer *bearer);

/* (sink.c) Takes the agent's configuration, before cache_configure takes it: removes sinks that no profile has any
 * more, and what an agent that was killed has left. */
void sink_configure(struct agent *agent);

/* (sink.c) Removes all sinks, after cache_close. */
void sink_end_all(void);

#endif
