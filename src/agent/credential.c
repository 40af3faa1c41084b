/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's side of systemd's LoadCredential= (systemd.exec(5)), which connects, sends nothing, and reads to the end.
 * An end without data would be an empty credential, with which the unit would start. So a connection is held until
 * there is a bearer, or refused in a way that makes the unit fail (listener_refuse). */
#include "agent/bearer.h"
#include "agent/core.h"
#include "base/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	WAITING_MAX = 128,
	/* Milliseconds: */
	PATIENCE = 10000, /* that a peer may take to read */
	AGAIN = 1000,     /* until another try */
	TELL = 2000,      /* until a message says that a unit waits */
};

/* A unit that waits for its credential. */
struct waiting {
	LIST_ENTRY(waiting) entry;
	struct agent *agent;
	struct peer peer;
	struct ask ask;
	bool asking;
	struct agent_bearer *bearer; /* being sent */
	size_t sent;
	struct watch *watch;
	struct timer timer;
};

static LIST_HEAD(waiting_list, waiting) all; /* of the agent, of which a process has one */
static size_t count;

/* Frees it. The connection is the caller's now. */
static void forget(struct waiting *waiting)
{
	LIST_REMOVE(waiting, entry);
	count--;
	if (waiting->asking)
		cache_cancel(waiting->agent->cache, &waiting->ask);
	agent_bearer_leave(&waiting->bearer);
	timer_clear(waiting->agent->loop, &waiting->timer);
	loop_watch_end(&waiting->watch);
	free(waiting);
}

static void end(struct waiting *waiting)
{
	struct listener *listener = waiting->agent->listener;
	struct peer peer = waiting->peer;

	forget(waiting);
	close(peer.fd);
	listener_left(listener, peer.uid);
}

/* The unit fails. */
static void fail(struct waiting *waiting)
{
	struct listener *listener = waiting->agent->listener;
	struct peer peer = waiting->peer;

	forget(waiting);
	listener_refuse(listener, peer.fd, peer.uid);
}

static void warn(const struct peer *peer, const char *why)
{
	message_warn("unit %s gets no bearer of profile %s: %s", peer->claimed_unit, peer->claimed_id, why);
}

static void refuse(struct waiting *waiting, const struct failure *failure)
{
	struct agent *agent = waiting->agent;
	struct failure ignored;

	warn(&waiting->peer, failure->error.text);
	if (failure->error.hint[0] != '\0')
		message_note("%s", failure->error.hint);
	if (failure->kind == FAILURE_DENIED)
		agent->refused++;
	else
		agent->failed++;
	(void)agent_record(agent, agent_profile(agent, waiting->peer.claimed_id), WORKER_BEARERS, NULL, &waiting->peer,
			   NULL, failure, &ignored);
	fail(waiting);
}

static void set_timer(struct waiting *waiting, double milliseconds)
{
	struct loop *loop = waiting->agent->loop;

	if (timer_set(loop, &waiting->timer, loop_now(loop) + milliseconds) < 0)
		message_warn("cannot wait: out of memory"); /* the unit has its own time limit */
}

/* Sends as much as the peer takes. */
static void push(struct waiting *waiting)
{
	const struct secret *token = waiting->bearer->token;
	ssize_t got = 0;

	while (got >= 0 && waiting->sent < secret_length(token)) {
		got = send(waiting->peer.fd, secret_data(token) + waiting->sent, secret_length(token) - waiting->sent,
			   MSG_NOSIGNAL);
		waiting->sent += got > 0 ? (size_t)got : 0;
	}
	if (got < 0 && errno == EAGAIN)
		loop_watch_change(waiting->watch, EPOLLOUT);
	else
		end(waiting);
}

static void hand_out(struct waiting *waiting, struct agent_bearer *bearer)
{
	struct agent *agent = waiting->agent;

	agent->handed++;
	waiting->bearer = agent_bearer_use(bearer);
	set_timer(waiting, PATIENCE);
	push(waiting);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

/* Any process of these users can bind a name like systemd's. That it runs in the unit's cgroup is the second proof. */
static bool may_have(struct waiting *waiting, const struct agent_profile *profile, struct failure *failure)
{
	const char *unit = waiting->peer.claimed_unit, *id = waiting->peer.claimed_id;

	if (strcmp(peer_unit(&waiting->peer), unit) != 0) {
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "process %ld does not run in that unit",
			    (long)waiting->peer.pid);
	} else if (profile == NULL) {
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "there is no such profile");
		error_hint(&failure->error, "the credential's name in LoadCredential= must be that of a profile");
	} else if (!rules_allow_unit(agent_access(waiting->agent, profile)->bearer, unit)) {
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "the profile does not allow it");
		error_hint(&failure->error, "add unit:%s to \"allow\" of profile \"%s\"", unit, id);
	} else if (profile->username == NULL) {
		failure_set(failure, FAILURE_REQUEST, ERROR_CONFIG, 0, "the profile has no username of its own");
		error_hint(&failure->error, "set \"username\" of profile \"%s\"", id);
	} else {
		return true;
	}
	return false;
}

static void receive(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure)
{
	struct waiting *waiting = ask->context;
	/* The ask may still have the old one while a reload takes another configuration. */
	const struct agent_profile *profile = agent_profile(waiting->agent, waiting->peer.claimed_id);
	struct failure reason;

	waiting->asking = false;
	/* The cache itself waits for what passes. Somebody may lock the profile meanwhile, or reload other rules. */
	if (bearer == NULL && (failure->kind == FAILURE_LOCKED || failure->kind == FAILURE_BUDGET))
		set_timer(waiting, AGAIN);
	else if (bearer == NULL)
		refuse(waiting, failure);
	else if (!may_have(waiting, profile, &reason) ||
		 agent_record(waiting->agent, profile, WORKER_BEARERS, NULL, &waiting->peer, bearer->jti, NULL,
			      &reason) < 0)
		refuse(waiting, &reason);
	else
		hand_out(waiting, bearer);
}

static void ask_cache(struct waiting *waiting)
{
	const struct agent_profile *profile = agent_profile(waiting->agent, waiting->peer.claimed_id);
	struct failure failure;

	if (!may_have(waiting, profile, &failure)) {
		refuse(waiting, &failure);
		return;
	}
	waiting->ask = (struct ask){ .profile = profile, .patient = true, .done = receive, .context = waiting };
	agent_requester(&waiting->peer, waiting->ask.requester);
	waiting->asking = true;
	set_timer(waiting, TELL);
	cache_ask(waiting->agent->cache, &waiting->ask);
}

/* Says what a unit waits for, once. */
static void tell(const struct waiting *waiting)
{
	const struct agent *agent = waiting->agent;
	const struct agent_profile *profile = waiting->ask.profile;
	struct cache_status status;

	cache_status(agent->cache, profile, &status);
	message_note("unit %s waits for a bearer of profile %s: %s", waiting->peer.claimed_unit, profile->name,
		     status.reason[0] != '\0' ? status.reason :
					       worker_state_name(agent_workers_state(agent->workers, profile)));
}

static void wake(void *context)
{
	struct waiting *waiting = context;

	if (waiting->bearer != NULL)
		fail(waiting); /* the peer takes too long to read, and must not take a part for the whole */
	else if (waiting->asking)
		tell(waiting);
	else
		ask_cache(waiting);
}

/* The peer reads, or has left. */
static void ready(void *context, uint32_t events)
{
	struct waiting *waiting = context;

	if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		end(waiting);
	else if (waiting->bearer != NULL)
		push(waiting);
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static struct waiting *add(struct agent *agent, int fd, const struct peer *peer)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (waiting == NULL)
		return NULL;
	*waiting = (struct waiting){ .agent = agent, .peer = *peer, .timer = { .call = wake, .context = waiting } };
	waiting->peer.fd = fd;
	waiting->watch = loop_watch(agent->loop, fd, 0, ready, waiting);
	if (waiting->watch == NULL) {
		free(waiting);
		return NULL;
	}
	LIST_INSERT_HEAD(&all, waiting, entry);
	count++;
	return waiting;
}

void credential_connection(struct agent *agent, int fd, const struct peer *peer)
{
	struct waiting *waiting = count < WAITING_MAX ? add(agent, fd, peer) : NULL;

	if (waiting != NULL) {
		ask_cache(waiting);
		return;
	}
	warn(peer, count < WAITING_MAX ? "out of memory" : "too many units wait for a bearer");
	listener_refuse(agent->listener, fd, peer->uid);
}

void credential_end_all(void)
{
	struct waiting *waiting;

	while ((waiting = LIST_FIRST(&all)) != NULL)
		fail(waiting);
}
