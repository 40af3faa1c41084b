/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: descriptors (epoll(7)) and timers. Times are clock_boot_ms, which goes on while the machine sleeps.
 */
#ifndef P11BEARER_AGENT_LOOP_H
#define P11BEARER_AGENT_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* The caller closes *loop in any case. Fails with ERROR_UNEXPECTED. */
int loop_open(struct loop **loop, struct error *error);
void loop_close(struct loop **loop);

/* Waits for events and calls back until loop_end. `after` (may be NULL) is called after each round of callbacks, and
 * returns the milliseconds until it must be called again, or a negative number. Fails with ERROR_UNEXPECTED. */
int loop_run(struct loop *loop, double (*after)(void *context), void *context, struct error *error);
void loop_end(struct loop *loop);

/* CLOCK_BOOTTIME in milliseconds, read once for each round of callbacks. */
double loop_now(const struct loop *loop);

/* A watched descriptor. */
struct watch;

/* Calls `ready` when one of `events` (EPOLLIN, EPOLLOUT, 0 for hang-ups only) occurs at `fd`. Returns NULL if out of
 * memory. The descriptor stays the caller's: end the watch before closing it. */
struct watch *loop_watch(struct loop *loop, int fd, uint32_t events, void (*ready)(void *context, uint32_t events),
			 void *context);
void loop_watch_change(struct watch *watch, uint32_t events);

/* Ends the watch and sets *watch to NULL, which is allowed. Can be called in a callback, of this watch too. */
void loop_watch_end(struct watch **watch);

/* A timer, in memory of the caller's. Zeroed, it is off. */
struct timer {
	double due;     /* loop_now */
	size_t place;   /* in the heap, from 1; 0: off */
	void (*call)(void *context);
	void *context;
};

/* Sets the timer, or sets it to another time. It goes off once. Returns -1 if out of memory. */
int timer_set(struct loop *loop, struct timer *timer, double due);
void timer_clear(struct loop *loop, struct timer *timer);

#endif
