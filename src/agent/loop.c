/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* epoll_wait(2) does not count the time that the machine sleeps. So that timers are not much too late after it, no wait
 * is longer than this. */
#define WAIT_MAX 1000.0

enum { EVENTS_MAX = 64 };

struct watch {
	struct loop *loop;
	int fd;
	uint32_t events;
	void (*ready)(void *context, uint32_t events);
	void *context;
};

struct loop {
	int epoll;
	bool ended;
	double now;
	struct epoll_event pending[EVENTS_MAX]; /* of this round; data.ptr is NULL if the watch has ended */
	int pendings;
	struct timer **heap; /* from 1: that at n is not due before that at n / 2 */
	size_t timers, room;
};

int loop_open(struct loop **opened, struct error *error)
{
	struct loop *loop = *opened = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return error_memory(error);
	loop->now = clock_boot_ms();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot create an epoll descriptor: %s", strerror(errno));
	return 0;
}

void loop_close(struct loop **opened)
{
	struct loop *loop = *opened;

	*opened = NULL;
	if (loop == NULL)
		return;
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop->heap);
	free(loop);
}

void loop_end(struct loop *loop)
{
	loop->ended = true;
}

double loop_now(const struct loop *loop)
{
	return loop->now;
}

/* --- watches ----------------------------------------------------------------------------------------------------- */

static int control(const struct watch *watch, int operation)
{
	struct epoll_event event = { .events = watch->events, .data.ptr = (void *)watch };

	return epoll_ctl(watch->loop->epoll, operation, watch->fd, &event);
}

struct watch *loop_watch(struct loop *loop, int fd, uint32_t events, void (*ready)(void *context, uint32_t events),
			 void *context)
{
	struct watch *watch = malloc(sizeof(*watch));

	if (watch == NULL)
		return NULL;
	*watch = (struct watch){ .loop = loop, .fd = fd, .events = events, .ready = ready, .context = context };
	if (control(watch, EPOLL_CTL_ADD) == 0)
		return watch;
	free(watch);
	return NULL;
}

void loop_watch_change(struct watch *watch, uint32_t events)
{
	if (watch->events == events)
		return;
	watch->events = events;
	control(watch, EPOLL_CTL_MOD);
}

void loop_watch_end(struct watch **ended)
{
	struct watch *watch = *ended;

	*ended = NULL;
	if (watch == NULL)
		return;
	for (int i = 0; i < watch->loop->pendings; i++)
		if (watch->loop->pending[i].data.ptr == watch)
			watch->loop->pending[i].data.ptr = NULL;
	control(watch, EPOLL_CTL_DEL);
	free(watch);
}

/* A callback may end or change any watch, so each is looked at just before it is called. */
static void call_watches(struct loop *loop)
{
	for (int i = 0; i < loop->pendings; i++) {
		struct watch *watch = loop->pending[i].data.ptr;
		uint32_t events = loop->pending[i].events;

		if (watch != NULL && (events &= watch->events | EPOLLERR | EPOLLHUP) != 0)
			watch->ready(watch->context, events);
	}
	loop->pendings = 0;
}

/* --- timers ------------------------------------------------------------------------------------------------------ */

static void put(struct loop *loop, struct timer *timer, size_t place)
{
	loop->heap[place] = timer;
	timer->place = place;
}

/* Moves the timer from its place up or down to where it belongs. */
static void settle(struct loop *loop, struct timer *timer)
{
	size_t place = timer->place, next;

	for (; place > 1 && loop->heap[place / 2]->due > timer->due; place /= 2)
		put(loop, loop->heap[place / 2], place);
	for (; (next = 2 * place) <= loop->timers; place = next) {
		if (next < loop->timers && loop->heap[next + 1]->due < loop->heap[next]->due)
			next++;
		if (loop->heap[next]->due >= timer->due)
			break;
		put(loop, loop->heap[next], place);
	}
	put(loop, timer, place);
}

int timer_set(struct loop *loop, struct timer *timer, double due)
{
	timer->due = due;
	if (timer->place == 0) {
		if (loop->timers + 1 >= loop->room) {
			size_t room = 2 * loop->room + 16;
			struct timer **heap = reallocarray(loop->heap, room, sizeof(struct timer *));

			if (heap == NULL)
				return -1;
			loop->heap = heap;
			loop->room = room;
		}
		put(loop, timer, ++loop->timers);
	}
	settle(loop, timer);
	return 0;
}

void timer_clear(struct loop *loop, struct timer *timer)
{
	struct timer *last;

	if (timer->place == 0)
		return;
	last = loop->heap[loop->timers--];
	if (last != timer) {
		put(loop, last, timer->place);
		settle(loop, last);
	}
	timer->place = 0;
}

/* At most as many as are set now, so that one that sets itself to the present does not keep the others waiting. */
static void call_timers(struct loop *loop)
{
	for (size_t left = loop->timers; left > 0 && loop->timers > 0 && loop->heap[1]->due <= loop->now; left--) {
		struct timer *timer = loop->heap[1];

		timer_clear(loop, timer);
		timer->call(timer->context);
	}
}

/* --- rounds ------------------------------------------------------------------------------------------------------ */

/* Milliseconds for epoll_wait, given what `after` returned. */
static int patience(const struct loop *loop, double after)
{
	double wait = after >= 0 && after < WAIT_MAX ? after : WAIT_MAX;

	if (loop->timers > 0 && loop->heap[1]->due - clock_boot_ms() < wait)
		wait = loop->heap[1]->due - clock_boot_ms();
	return wait > 0 ? (int)wait + 1 : 0;
}

int loop_run(struct loop *loop, double (*after)(void *context), void *context, struct error *error)
{
	while (true) {
		double wait = after != NULL ? after(context) : -1;
		int count;

		if (loop->ended)
			break;
		count = epoll_wait(loop->epoll, loop->pending, EVENTS_MAX, patience(loop, wait));
		if (count < 0 && errno != EINTR)
			return error_set(error, ERROR_UNEXPECTED, "cannot wait for events: %s", strerror(errno));
		loop->pendings = count > 0 ? count : 0;
		loop->now = clock_boot_ms();
		call_watches(loop);
		call_timers(loop);
	}
	loop->ended = false;
	return 0;
}
