/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/listener.h"

#include "agent/endpoint.h"
#include "agent/refusal.h"
#include "agent/systemd.h"
#include "base/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_ROUND = 64 };

#define PAUSE 100.0        /* ms without accepting, if descriptors or memory are short */
#define WARN_EVERY 60000.0 /* ms */

/* Each kind has a minute of its own. */
enum warning { WARNING_PAUSE, WARNING_REFUSED, WARNING_CLAIM, WARNINGS };

/* The connections of a uid that has some. */
struct user {
	uid_t uid;
	long connections;
};

struct listener {
	struct loop *loop;
	struct listener_use use;
	struct endpoint endpoint;
	struct watch *watch;
	struct timer pause;
	struct refusals refusals;
	struct user *users;
	size_t count, room;
	long limit;
	unsigned long refused;
	double warn_after[WARNINGS]; /* loop_now */
	bool path_failed;
};

/* --- users ------------------------------------------------------------------------------------------------------- */

static struct user *find_user(const struct listener *listener, uid_t uid)
{
	for (size_t i = 0; i < listener->count; i++)
		if (listener->users[i].uid == uid)
			return &listener->users[i];
	return NULL;
}

/* Counts a connection. Returns false if it is one too many, or if memory is exhausted. There is no limit for systemd:
 * when a machine starts, it may ask for the credentials of many units at once. */
static bool count(struct listener *listener, const struct peer *peer)
{
	bool is_limited = peer->uid != 0 || peer->kind != PEER_CREDENTIAL;
	struct user *user = find_user(listener, peer->uid);

	if (user == NULL && listener->count == listener->room) {
		size_t room = 2 * listener->room + 8;
		struct user *users = reallocarray(listener->users, room, sizeof(*users));

		if (users == NULL)
			return false;
		listener->users = users;
		listener->room = room;
	}
	if (user == NULL) {
		user = &listener->users[listener->count++];
		*user = (struct user){ .uid = peer->uid };
	}
	if (is_limited && user->connections >= listener->limit)
		return false;
	user->connections++;
	return true;
}

void listener_left(struct listener *listener, uid_t uid)
{
	struct user *user = find_user(listener, uid);

	if (user != NULL && --user->connections <= 0)
		*user = listener->users[--listener->count];
}

static void left(void *context, uid_t uid)
{
	listener_left(context, uid);
}

void listener_limit(struct listener *listener, long connections)
{
	listener->limit = connections;
}

unsigned long listener_refused(const struct listener *listener)
{
	return listener->refused;
}

/* --- connections ------------------------------------------------------------------------------------------------- */

/* Peers cause these warnings, and must not fill a log with them. */
static bool may_warn(struct listener *listener, enum warning warning)
{
	double now = loop_now(listener->loop);

	if (now < listener->warn_after[warning])
		return false;
	listener->warn_after[warning] = now + WARN_EVERY;
	return true;
}

void listener_refuse(struct listener *listener, int fd, uid_t uid)
{
	refusal_start(&listener->refusals, fd, uid, PEER_CREDENTIAL, true);
}

static void hand_out(struct listener *listener, int fd, const struct peer *peer)
{
	const struct listener_use *use = &listener->use;

	if (!count(listener, peer)) {
		listener->refused++;
		if (may_warn(listener, WARNING_REFUSED))
			message_warn("refused a connection: uid %lu has too many", (unsigned long)peer->uid);
		refusal_start(&listener->refusals, fd, peer->uid, peer->kind, false);
		return;
	}
	switch (peer->kind) {
	case PEER_CREDENTIAL:
		if (peer->claimed_unit[0] != '\0') {
			use->credential(use->context, fd, peer);
			break;
		}
		if (may_warn(listener, WARNING_CLAIM))
			message_warn("uid %lu gets no credential: only root and the agent's user can ask for one",
				     (unsigned long)peer->uid);
		listener_refuse(listener, fd, peer->uid);
		break;
	case PEER_UNLOCK:
		use->unlock(use->context, fd, peer);
		break;
	case PEER_HTTP:
		use->http(use->context, fd, peer);
		break;
	}
}

static void resume(void *context)
{
	struct listener *listener = context;

	if (listener->watch != NULL)
		loop_watch_change(listener->watch, EPOLLIN);
}

/* The connection stays in the queue, so that accept4 would fail again at once. */
static void pause_accepting(struct listener *listener, int reason)
{
	if (may_warn(listener, WARNING_PAUSE))
		message_warn("cannot accept a connection: %s; it waits", strerror(reason));
	if (timer_set(listener->loop, &listener->pause, loop_now(listener->loop) + PAUSE) == 0)
		loop_watch_change(listener->watch, 0);
}

static void accept_some(void *context, uint32_t events)
{
	struct listener *listener = context;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		int fd = accept4(listener->endpoint.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct peer peer;

		if (fd < 0 && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR))
			return;
		if (fd < 0) {
			pause_accepting(listener, errno);
			return;
		}
		if (peer_read(&peer, fd) == 0)
			hand_out(listener, fd, &peer);
		else
			close(fd);
	}
}

/* --- the socket -------------------------------------------------------------------------------------------------- */

static int take_descriptor(struct listener *listener, int descriptors, struct error *error)
{
	if (descriptors == 1)
		return endpoint_take(&listener->endpoint, SYSTEMD_DESCRIPTOR, error);
	return error_set(error, ERROR_CONFIG, "cannot use the %d sockets that systemd passes: it must be one",
			 descriptors);
}

static void watch_socket(struct listener *listener)
{
	listener->watch = loop_watch(listener->loop, listener->endpoint.fd, EPOLLIN, accept_some, listener);
}

int listener_open(struct listener **opened, struct loop *loop, const struct agent_config *config,
		  const struct listener_use *use, struct error *error)
{
	int descriptors = systemd_descriptors();
	struct listener *listener = *opened = calloc(1, sizeof(*listener));
	int result;

	if (listener == NULL)
		return error_memory(error);
	listener->loop = loop;
	listener->use = *use;
	listener->limit = config->connections;
	listener->endpoint = (struct endpoint){ .fd = -1, .mode = config->socket_mode, .group = config->socket_group };
	listener->pause = (struct timer){ .call = resume, .context = listener };
	listener->refusals = (struct refusals){ .loop = loop, .left = left, .context = listener };
	if (descriptors > 0) {
		result = take_descriptor(listener, descriptors, error);
	} else {
		listener->endpoint.path = strdup(config->socket);
		result = listener->endpoint.path == NULL ? error_memory(error) :
			endpoint_bind(&listener->endpoint, error);
	}
	if (result != 0)
		return result;
	watch_socket(listener);
	return listener->watch != NULL ? 0 : error_memory(error);
}

void listener_close(struct listener **closed)
{
	struct listener *listener = *closed;

	*closed = NULL;
	if (listener == NULL)
		return;
	loop_watch_end(&listener->watch);
	timer_clear(listener->loop, &listener->pause);
	endpoint_close(&listener->endpoint);
	refusals_end(&listener->refusals);
	free(listener->users);
	free(listener);
}

void listener_check(struct listener *listener)
{
	const char *path = listener->endpoint.path;
	bool is_there = path == NULL || endpoint_is_there(&listener->endpoint), failed;
	struct error error;

	if (is_there && listener->watch != NULL)
		return;
	loop_watch_end(&listener->watch); /* it must end before the socket is closed */
	failed = !is_there && endpoint_bind(&listener->endpoint, &error) != 0;
	watch_socket(listener); /* if memory is short, the next check tries again */
	if (failed && !listener->path_failed)
		message_error(&error);
	if (!failed && !is_there)
		message_warn("the socket %s was gone or replaced: bound it again", path);
	listener->path_failed = failed;
}
