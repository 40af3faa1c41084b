/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/refusal.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CREDENTIAL_REFUSED = (1 << 20) + 1, KEPT_MAX = 64 };

#define LINGER 1000.0     /* ms that a peer has to read its answer */
#define END_WITHIN 2000.0 /* ms */

static const char filler[1 << 14];
/* The status is ERROR_NETWORK. */
static const char reason[] = "{\"error\":\"temporarily_unavailable\",\"error_description\":\"this user has too many "
	"connections to the agent\",\"p11bearer\":{\"status\":7,\"hint\":\"close some, or raise the setting "
	"'connections'\"}}\n";

struct refusal {
	struct refusals *refusals;
	LIST_ENTRY(refusal) entry;
	int fd;
	uid_t uid;
	enum peer_kind kind;
	bool counted;
	const char *data; /* of `size` bytes; sent from its start again if more are left */
	size_t size, left;
	struct watch *watch;
	struct timer timer;
};

/* Sends what the socket takes. Returns 0, 1 if more is left, or -1 if the peer has closed it. */
static int send_some(struct refusal *refusal)
{
	while (refusal->left > 0) {
		size_t size = refusal->left < refusal->size ? refusal->left : refusal->size;
		const char *from = refusal->data + refusal->size - size;
		ssize_t sent = send(refusal->fd, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EINTR)
			return errno == EAGAIN ? 1 : -1;
		if (sent > 0)
			refusal->left -= (size_t)sent;
	}
	if (refusal->kind == PEER_CREDENTIAL)
		return -1;
	shutdown(refusal->fd, SHUT_WR);
	return 0;
}

static void end(struct refusal *refusal)
{
	struct refusals *refusals = refusal->refusals;

	loop_watch_end(&refusal->watch);
	timer_clear(refusals->loop, &refusal->timer);
	close(refusal->fd);
	LIST_REMOVE(refusal, entry);
	refusals->count--;
	if (refusal->counted)
		refusals->left(refusals->context, refusal->uid);
	free(refusal);
}

static void end_late(void *context)
{
	end(context);
}

/* If the agent closed the connection before the peer has sent its request, the peer would fail to send it, and not read
 * the answer. So the agent waits until the peer closes it. */
static void ready(void *context, uint32_t events)
{
	struct refusal *refusal = context;
	char unread[4096];
	ssize_t got;

	(void)events;
	if (refusal->left > 0) {
		int result = send_some(refusal);

		if (result < 0)
			end(refusal);
		else if (result == 0)
			loop_watch_change(refusal->watch, EPOLLIN);
		return;
	}
	got = recv(refusal->fd, unread, sizeof(unread), MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		end(refusal);
}

/* Keeps the connection until the rest is done. Returns whether there is memory for that. */
static bool keep(struct refusals *refusals, const struct refusal *started)
{
	struct refusal *refusal = malloc(sizeof(*refusal));

	if (refusal == NULL)
		return false;
	*refusal = *started;
	refusal->timer = (struct timer){ .call = end_late, .context = refusal };
	refusal->watch = loop_watch(refusals->loop, refusal->fd, refusal->left > 0 ? EPOLLOUT : EPOLLIN, ready,
				    refusal);
	if (refusal->watch == NULL || (refusal->kind != PEER_CREDENTIAL && timer_set(refusals->loop, &refusal->timer,
		loop_now(refusals->loop) + LINGER) != 0)) {
		loop_watch_end(&refusal->watch);
		free(refusal);
		return false;
	}
	LIST_INSERT_HEAD(&refusals->list, refusal, entry);
	refusals->count++;
	return true;
}

/* The answer to an HTTP request that nobody reads. */
static const char *http_answer(void)
{
	static char answer[640];

	snprintf(answer, sizeof(answer), "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 1\r\n"
		 "Cache-Control: no-store\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(reason), reason);
	return answer;
}

void refusal_start(struct refusals *refusals, int fd, uid_t uid, enum peer_kind kind, bool counted)
{
	struct refusal refusal = { .refusals = refusals, .fd = fd, .uid = uid, .kind = kind, .counted = counted };
	bool has_room = counted || uid == 0 || uid == geteuid() || refusals->count < KEPT_MAX;

	refusal.data = kind == PEER_CREDENTIAL ? filler : kind == PEER_UNLOCK ? reason : http_answer();
	refusal.size = kind == PEER_CREDENTIAL ? sizeof(filler) : strlen(refusal.data);
	refusal.left = kind == PEER_CREDENTIAL ? CREDENTIAL_REFUSED : refusal.size;
	if (send_some(&refusal) >= 0 && has_room && keep(refusals, &refusal))
		return;
	close(fd);
	if (counted)
		refusals->left(refusals->context, uid);
}

/* Sends the rest of what lets a unit fail, until `due`. */
static void finish(struct refusal *refusal, double due)
{
	struct pollfd room = { .fd = refusal->fd, .events = POLLOUT };
	int result = 1;

	while (refusal->kind == PEER_CREDENTIAL && result > 0 && clock_boot_ms() < due) {
		int wait = (int)(due - clock_boot_ms());

		result = poll(&room, 1, wait > 0 ? wait : 0) > 0 ? send_some(refusal) : 0;
	}
}

void refusals_end(struct refusals *refusals)
{
	double due = clock_boot_ms() + END_WITHIN;
	struct refusal *refusal, *next;

	for (refusal = LIST_FIRST(&refusals->list); refusal != NULL; refusal = next) {
		next = LIST_NEXT(refusal, entry);
		finish(refusal, due);
		end(refusal);
	}
}
