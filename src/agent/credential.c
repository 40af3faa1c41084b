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
#include <sys/socket.h>
#include <unistd.h>

enum {
	WAITING_MAX = 128,
	PATIENCE = 10000,    /* milliseconds that a peer may take to read */
	LOCKED_EVERY = 1000, /* milliseconds between two looks whether somebody has typed the PIN */
	AGAIN_FIRST = 5, AGAIN_LAST = 300, /* seconds between two tries after other failures */
};

/* A unit that waits for its credential. */
struct waiting {
	struct waiting *next;
	struct agent *agent;
	struct peer peer;
	struct ask ask;
	bool asking, told;
	struct agent_bearer *bearer; /* being sent */
	size_t sent;
	struct watch *watch;
	struct timer timer;
};

static struct waiting *all; /* of the agent, of which a process has one */
static size_t count;

/* Frees it. The connection is the caller's now. */
static void forget(struct waiting *waiting)
{
	struct waiting **at = &all;

	while (*at != waiting)
		at = &(*at)->next;
	*at = waiting->next;
	count--;
	if (waiting->asking)
		cache_cancel(waiting->agent->cache, &waiting->ask);
	agent_bearer_leave(&waiting->bearer);
	timer_clear(waiting->agent->loop, &waiting->timer);
	watch_end(&waiting->watch);
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
	agent->refused++;
	(void)agent_record(agent, agent_profile(agent, waiting->peer.claimed_id), WORKER_BEARERS, NULL, &waiting->peer,
			   NULL, failure, &ignored);
	fail(waiting);
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
		watch_change(waiting->watch, EPOLLOUT);
	else
		end(waiting);
}

static void hand_out(struct waiting *waiting, struct agent_bearer *bearer)
{
	struct agent *agent = waiting->agent;

	if (timer_set(agent->loop, &waiting->timer, loop_now(agent->loop) + PATIENCE) < 0) {
		fail(waiting);
		return;
	}
	agent->handed++;
	waiting->bearer = agent_bearer_use(bearer);
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

/* The seconds until another try makes sense; 0: it never does. */
static long seconds_until_again(const struct failure *failure)
{
	bool passes = failure->kind == FAILURE_LOCKED || failure->kind == FAILURE_BUDGET ||
		      failure->kind == FAILURE_TIME || failure->retry_after > 0 ||
		      failure->error.class == ERROR_NETWORK || failure->error.class == ERROR_TOKEN;

	if (!passes)
		return 0;
	if (failure->retry_after > AGAIN_LAST)
		return AGAIN_LAST;
	return failure->retry_after > AGAIN_FIRST ? failure->retry_after : AGAIN_FIRST;
}

static void wait_longer(struct waiting *waiting, const struct failure *failure)
{
	double delay = failure->kind == FAILURE_LOCKED ? LOCKED_EVERY : (double)seconds_until_again(failure) * 1000;

	if (!waiting->told)
		message_note("unit %s waits for a bearer of profile %s: %s", waiting->peer.claimed_unit,
			     waiting->peer.claimed_id, failure->error.text);
	waiting->told = true;
	if (timer_set(waiting->agent->loop, &waiting->timer, loop_now(waiting->agent->loop) + delay) < 0)
		fail(waiting);
}

static void receive(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure)
{
	struct waiting *waiting = ask->context;
	struct failure unrecorded;

	waiting->asking = false;
	if (bearer == NULL && seconds_until_again(failure) > 0)
		wait_longer(waiting, failure);
	else if (bearer == NULL)
		refuse(waiting, failure);
	else if (agent_record(waiting->agent, ask->profile, WORKER_BEARERS, NULL, &waiting->peer, bearer->jti, NULL,
			      &unrecorded) < 0)
		refuse(waiting, &unrecorded);
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
	cache_ask(waiting->agent->cache, &waiting->ask);
}

/* It is time to try again, or the peer takes too long to read. */
static void wake(void *context)
{
	struct waiting *waiting = context;

	if (waiting->bearer != NULL)
		end(waiting);
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
	*waiting = (struct waiting){ .next = all, .agent = agent, .peer = *peer,
				     .timer = { .call = wake, .context = waiting } };
	waiting->peer.fd = fd;
	waiting->watch = loop_watch(agent->loop, fd, 0, ready, waiting);
	if (waiting->watch == NULL) {
		free(waiting);
		return NULL;
	}
	all = waiting;
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
	while (all != NULL) {
		if (all->bearer != NULL)
			end(all);
		else
			fail(all);
	}
}
