/* SPDX-License-Identifier: Apache-2.0 */
/* A loop whose clock a test sets, and socket pairs as connections: for parts of the agent that wait for peers. */
#ifndef P11BEARER_TESTS_AGENT_WAIT_H
#define P11BEARER_TESTS_AGENT_WAIT_H

#include "unit.h"

#include "agent/core.h"
#include "base/clock.h"

#include <sys/socket.h>

static double wait_clock = 1000; /* milliseconds */

/* Instead of those in src/base/clock.c. */
double clock_ms(void)
{
	return wait_clock;
}

double clock_boot_ms(void)
{
	return wait_clock;
}

/* What a test waits for: each round of the loop, up to `rounds`, takes `step` milliseconds of the clock. */
struct wait {
	struct loop *loop;
	bool (*is_over)(void);
	int rounds;
	double step;
};

static inline double wait_round(void *context)
{
	struct wait *wait = context;

	wait_clock += wait->step;
	if (wait->rounds-- <= 0 || (wait->is_over != NULL && wait->is_over()))
		loop_end(wait->loop);
	return 0;
}

/* Runs the loop until `is_over` (NULL: for all rounds). */
static inline void wait_until(struct loop *loop, bool (*is_over)(void), int rounds, double step)
{
	struct wait wait = { loop, is_over, rounds, step };
	struct error error;

	assert_works(loop_run(loop, wait_round, &wait, &error), &error);
	if (is_over != NULL)
		assert_true(is_over());
}

/* Both ends do not block. */
static inline void wait_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

/* How many descriptors this process has. */
static inline size_t wait_descriptors(void)
{
	return unit_entries("/proc/self/fd");
}

#endif
