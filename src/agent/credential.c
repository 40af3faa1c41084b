/* SPDX-License-Identifier: Apache-2.0 */
/* The socket side of systemd's LoadCredential= (systemd.exec(5)): it connects, sends nothing, and reads to the end. An
 * end without data would be an empty credential, with which the unit would start; more than systemd accepts makes the
 * unit fail. Therefore a connection is only closed after one or the other, and held until then. */
#include "agent/bearer.h"
#include "agent/core.h"
#include "base/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	WAITING_MAX = 128,
	TOO_LARGE = 1024 * 1024 + 1, /* bytes; a credential has at most 1 MiB */
	PATIENCE = 10000,            /* milliseconds that a peer may take to read */
	LOCKED_EVERY = 1000,         /* milliseconds between two looks whether somebody has typed the PIN */
	AGAIN_FIRST = 5, AGAIN_LAST = 300, /* seconds between two tries */
};

/* A unit that waits for its credential. */
struct waiting {
	struct waiting *next;
	struct agent *agent;
	int fd;
	struct peer peer;
	struct ask ask;
	bool asking, told;
	struct agent_bearer *bearer; /* to send; NULL: what is too large */
	size_t length, sent;         /* of what is sent; length 0: nothing yet */
	struct watch *watch;
	struct timer timer;
};

static struct waiting *all; /* of the agent, of which a process has one */
static size_t count;

static const char filler[64 * 1024] = "p11bearer-agent refuses this credential: see its messages\n";

static void end(struct waiting *waiting)
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
	close(waiting->fd);
	listener_left(waiting->agent->listener, waiting->peer.uid);
	free(waiting);
}

/* --- sending ----------------------------------------------------------------------------------------------------- */

/* Sends as much of what is too large as the peer takes. Returns the bytes sent, or -1 with errno set. */
static ssize_t send_filler(int fd, size_t sent)
{
	size_t left = TOO_LARGE - sent;

	return send(fd, filler, left < sizeof(filler) ? left : sizeof(filler), MSG_NOSIGNAL);
}

/* Makes the unit fail, and waits until the peer has read it, but not for long. For when nothing can be held. */
static void refuse_now(int fd)
{
	const struct timeval patience = { .tv_sec = 1 };
	ssize_t got = 0;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	for (size_t sent = 0; sent < TOO_LARGE && got >= 0; sent += (size_t)got)
		got = send_filler(fd, sent);
}

static void push(struct waiting *waiting)
{
	while (waiting->sent < waiting->length) {
		ssize_t got = waiting->bearer == NULL ? send_filler(waiting->fd, waiting->sent) :
			send(waiting->fd, secret_data(waiting->bearer->token) + waiting->sent,
			     waiting->length - waiting->sent, MSG_NOSIGNAL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			watch_change(waiting->watch, EPOLLOUT);
			return;
		}
		if (got < 0)
			break;
		waiting->sent += (size_t)got;
	}
	end(waiting);
}

/* Sends the bearer, or, if NULL, what makes the unit fail. The peer may be gone afterwards. */
static void answer(struct waiting *waiting, struct agent_bearer *bearer)
{
	waiting->bearer = bearer != NULL ? agent_bearer_use(bearer) : NULL;
	waiting->length = bearer != NULL ? secret_length(bearer->token) : TOO_LARGE;
	if (timer_set(waiting->agent->loop, &waiting->timer, loop_now(waiting->agent->loop) + PATIENCE) < 0)
		refuse_now(waiting->fd);
	push(waiting);
}

static void refuse(struct waiting *waiting, const struct failure *failure)
{
	bool is_manager = peer_is_owner(&waiting->peer); /* others could fill the journal */
	struct failure ignored;

	if (is_manager)
		message_warn("unit %s gets no bearer of profile %s: %s", waiting->peer.claimed_unit,
			     waiting->peer.claimed_id, failure->error.text);
	if (is_manager && failure->error.hint[0] != '\0')
		message_note("%s", failure->error.hint);
	waiting->agent->refused++;
	(void)agent_record(waiting->agent, agent_profile(waiting->agent, waiting->peer.claimed_id), WORKER_BEARERS,
			   NULL, &waiting->peer, NULL, failure, &ignored);
	answer(waiting, NULL);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

/* Any process can bind a name like systemd's, so it proves nothing by itself. */
static bool may_have(struct waiting *waiting, const struct agent_profile *profile, struct failure *failure)
{
	const char *unit = waiting->peer.claimed_unit, *id = waiting->peer.claimed_id;

	if (!peer_is_owner(&waiting->peer))
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "uid %lu is no service manager that the agent "
			    "believes", (unsigned long)waiting->peer.uid);
	else if (strcmp(peer_unit(&waiting->peer), unit) != 0)
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "process %ld does not run in that unit",
			    (long)waiting->peer.pid);
	else if (profile == NULL)
		failure_set(failure, FAILURE_DENIED, ERROR_CONFIG, 0, "there is no such profile");
	else if (!rules_allow_unit(agent_access(waiting->agent, profile)->bearer, unit)) {
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

static void receive(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure);

static void ask_again(void *context)
{
	struct waiting *waiting = context;
	const struct agent_profile *profile = agent_profile(waiting->agent, waiting->peer.claimed_id);
	struct failure failure;

	if (waiting->length > 0) { /* the peer takes too long to read */
		end(waiting);
		return;
	}
	if (!may_have(waiting, profile, &failure)) {
		refuse(waiting, &failure);
		return;
	}
	waiting->ask = (struct ask){ .profile = profile, .patient = true, .done = receive, .context = waiting };
	agent_requester(&waiting->peer, waiting->ask.requester);
	waiting->asking = true;
	cache_ask(waiting->agent->cache, &waiting->ask);
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
		answer(waiting, NULL);
}

static void receive(struct ask *ask, struct agent_bearer *bearer, const struct failure *failure)
{
	struct waiting *waiting = ask->context;
	struct agent *agent = waiting->agent;
	struct failure unrecorded;

	waiting->asking = false;
	if (bearer == NULL && seconds_until_again(failure) > 0) {
		wait_longer(waiting, failure);
	} else if (bearer == NULL) {
		refuse(waiting, failure);
	} else if (agent_record(agent, ask->profile, WORKER_BEARERS, NULL, &waiting->peer, bearer->jti, NULL,
				&unrecorded) < 0) {
		refuse(waiting, &unrecorded);
	} else {
		agent->handed++;
		answer(waiting, bearer);
	}
}

static void ready(void *context, uint32_t events)
{
	struct waiting *waiting = context;

	if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		end(waiting); /* the peer has left */
	else if (waiting->length > 0)
		push(waiting);
}

/* --- connections ------------------------------------------------------------------------------------------------- */

/* For a connection that cannot be held. */
static void drop(struct agent *agent, int fd, const struct peer *peer, const char *why)
{
	if (peer_is_owner(peer)) {
		message_warn("unit %s gets no bearer of profile %s: %s", peer->claimed_unit, peer->claimed_id, why);
		refuse_now(fd);
	}
	close(fd);
	listener_left(agent->listener, peer->uid);
}

void credential_connection(struct agent *agent, int fd, const struct peer *peer)
{
	struct waiting *waiting = count < WAITING_MAX ? calloc(1, sizeof(*waiting)) : NULL;

	if (waiting == NULL) {
		drop(agent, fd, peer, count < WAITING_MAX ? "out of memory" : "too many units wait for theirs");
		return;
	}
	*waiting = (struct waiting){ .next = all, .agent = agent, .fd = fd, .peer = *peer,
				     .timer = { .call = ask_again, .context = waiting } };
	waiting->peer.fd = fd;
	waiting->watch = loop_watch(agent->loop, fd, 0, ready, waiting);
	if (waiting->watch == NULL) {
		free(waiting);
		drop(agent, fd, peer, "out of memory");
		return;
	}
	all = waiting;
	count++;
	ask_again(waiting);
}

void credential_end_all(void)
{
	while (all != NULL) {
		if (all->bearer == NULL && peer_is_owner(&all->peer))
			refuse_now(all->fd);
		end(all);
	}
}
