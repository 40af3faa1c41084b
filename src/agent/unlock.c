/* SPDX-License-Identifier: Apache-2.0 */
/* "p11bearer agent unlock": one message with the name of a profile, and with the read ends of two pipes, in which the
 * PIN is: one for each worker. The agent never reads from them. The answer is one line of JSON. */
#include "agent/core.h"
#include "agent/http-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SESSIONS_MAX = 16,
	PATIENCE = 10000, /* milliseconds that a peer has for its message */
	PINS = 2,
	NAME_MAX_LENGTH = 255,
};

/* Outlives the peer once the PIN is on its way: the audit records how it went. */
struct session {
	LIST_ENTRY(session) entry;
	struct agent *agent;
	int fd;
	struct peer peer;
	struct watch *watch;   /* until the message is there */
	struct timer timer;
	struct unlocking unlocking;
	bool started;
	char profile[NAME_MAX_LENGTH + 1];
};

static LIST_HEAD(session_list, session) all; /* of the agent, of which a process has one */
static size_t count;

static void end(struct session *session)
{
	LIST_REMOVE(session, entry);
	count--;
	if (session->started)
		agent_workers_unlock_cancel(session->agent->workers, &session->unlocking);
	timer_clear(session->agent->loop, &session->timer);
	loop_watch_end(&session->watch);
	close(session->fd);
	listener_left(session->agent->listener, session->peer.uid);
	free(session);
}

/* --- the answer -------------------------------------------------------------------------------------------------- */

/* A fresh socket has room for a line, so one that is not sent at once is for nobody. `failure` NULL: it worked. */
static void send_line(int fd, const struct failure *failure)
{
	struct secret *line = failure != NULL ? http_failure_json(failure, http_failure_code(failure)) : secret_new(8);

	if (line != NULL && (failure != NULL || secret_append(line, "{}", 2) == 0) && secret_append(line, "\n", 1) == 0)
		(void)send(fd, secret_data(line), secret_length(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	secret_free(&line);
}

/* Records how it went, and answers. If it worked but cannot be recorded although it must, it is undone. */
static void finish(struct session *session, const struct failure *failure)
{
	struct agent *agent = session->agent;
	const struct agent_profile *profile = agent_profile(agent, session->profile);
	struct failure unrecorded = { .kind = FAILURE_WORKER };

	session->started = false;
	if (agent_record_action(agent, AUDIT_UNLOCK, profile, NULL, &session->peer,
				failure != NULL ? &failure->error : NULL, &unrecorded.error) < 0) {
		if (profile != NULL)
			agent_lock(agent, profile);
		failure = &unrecorded;
	}
	send_line(session->fd, failure);
	end(session);
}

static void unlocked(struct unlocking *unlocking, const struct failure *failure)
{
	finish(unlocking->context, failure);
}

/* --- the message ------------------------------------------------------------------------------------------------- */

static void close_pins(int pins[PINS])
{
	for (size_t i = 0; i < PINS; i++) {
		if (pins[i] >= 0)
			close(pins[i]);
		pins[i] = -1;
	}
}

/* Takes the descriptors of the message. The kernel has closed those for which there is no room. Returns how many. */
static size_t take_pins(struct msghdr *message, int pins[PINS])
{
	size_t taken = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len && taken < PINS; at += sizeof(int))
			memcpy(&pins[taken++], (char *)part + at, sizeof(int));
	}
	return taken;
}

static bool is_pipe(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

/* Receives the profile's name and the pipes. Returns 0, 1 if the peer has gone, or -1 with `failure` filled. */
static int read_message(struct session *session, int pins[PINS], struct failure *failure)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(PINS * sizeof(int))];
	struct iovec part = { session->profile, sizeof(session->profile) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(session->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	size_t taken;

	if (length <= 0) {
		session->profile[0] = '\0';
		return 1;
	}
	taken = take_pins(&message, pins);
	if (length == sizeof(session->profile) || memchr(session->profile, '\0', (size_t)length) != NULL) {
		session->profile[0] = '\0';
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the message is not the name of a profile");
		return -1;
	}
	session->profile[length] = '\0';
	if ((message.msg_flags & MSG_CTRUNC) == 0 &&
	    (taken == 0 || (taken == PINS && is_pipe(pins[0]) && is_pipe(pins[1]))))
		return 0;
	failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0,
		    "the message must have the read ends of two pipes, or no descriptor");
	return -1;
}

static bool check_profile(const struct session *session, const struct agent_profile *profile, bool has_pins,
			  struct failure *failure)
{
	if (profile == NULL) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the agent has no profile \"%s\"",
			    session->profile);
		error_hint(&failure->error, "list the profiles: p11bearer agent status");
	} else if (profile->prompt && !has_pins) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "profile \"%s\" needs a PIN", profile->name);
	} else if (!profile->prompt && has_pins) {
		failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "profile \"%s\" does not take a typed PIN",
			    profile->name);
		error_hint(&failure->error, "set pin-from = prompt in this profile and reload the agent");
	} else {
		return true;
	}
	return false;
}

static void receive(void *context, uint32_t events)
{
	struct session *session = context;
	struct agent *agent = session->agent;
	const struct agent_profile *profile;
	int pins[PINS] = { -1, -1 }, result;
	struct failure failure;

	(void)events;
	result = read_message(session, pins, &failure);
	if (result > 0) {
		end(session);
		return;
	}
	profile = agent_profile(agent, session->profile);
	if (result < 0 || !check_profile(session, profile, pins[0] >= 0, &failure)) {
		close_pins(pins);
		finish(session, &failure);
		return;
	}
	loop_watch_end(&session->watch);
	timer_clear(agent->loop, &session->timer);
	session->started = true;
	agent_workers_unlock(agent->workers, profile, pins, &session->unlocking); /* may end the session */
}

static void give_up(void *context)
{
	end(context);
}

/* --- connections ------------------------------------------------------------------------------------------------- */

static bool may_unlock(struct agent *agent, struct peer *peer)
{
	struct failure failure;
	struct error ignored;

	if (!peer_is_owner(peer)) {
		failure_set(&failure, FAILURE_DENIED, ERROR_CONFIG, 0, "uid %lu may not unlock profiles of the agent",
			    (unsigned long)peer->uid);
		error_hint(&failure.error, "do it as root or as the agent's user");
		(void)agent_record_action(agent, AUDIT_UNLOCK, NULL, NULL, peer, &failure.error, &ignored);
	} else if (count >= SESSIONS_MAX) {
		failure_set(&failure, FAILURE_BUDGET, ERROR_UNEXPECTED, 1, "too many profiles are being unlocked");
	} else {
		return true;
	}
	send_line(peer->fd, &failure);
	return false;
}

void unlock_connection(struct agent *agent, int fd, const struct peer *peer)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session != NULL) {
		*session = (struct session){ .agent = agent, .fd = fd, .peer = *peer };
		session->peer.fd = fd;
		session->timer = (struct timer){ .call = give_up, .context = session };
		session->unlocking = (struct unlocking){ .done = unlocked, .context = session };
	}
	if (session == NULL || !may_unlock(agent, &session->peer) ||
	    (session->watch = loop_watch(agent->loop, fd, EPOLLIN, receive, session)) == NULL ||
	    timer_set(agent->loop, &session->timer, loop_now(agent->loop) + (double)PATIENCE) < 0) {
		if (session != NULL)
			loop_watch_end(&session->watch);
		free(session);
		close(fd);
		listener_left(agent->listener, peer->uid);
		return;
	}
	LIST_INSERT_HEAD(&all, session, entry);
	count++;
}

void unlock_end_all(void)
{
	while (!LIST_EMPTY(&all))
		end(LIST_FIRST(&all));
}
