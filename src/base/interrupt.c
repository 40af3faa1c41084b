/* SPDX-License-Identifier: Apache-2.0 */
#include "base/interrupt.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

/* No handler: the signals are blocked and fetched, so nothing runs at a moment of its own. */
static sigset_t deferred;
static int caught;

void interrupt_begin(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	caught = 0;
	sigemptyset(&deferred);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* A signal that is ignored is kept all the same while it is blocked. */
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&deferred, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &deferred, NULL);
}

void interrupt_end(void)
{
	sigprocmask(SIG_UNBLOCK, &deferred, NULL);
	sigemptyset(&deferred);
	caught = 0;
}

int interrupt_signal(void)
{
	return interrupt_wait(0);
}

int interrupt_wait(unsigned long milliseconds)
{
	double until = clock_ms() + (double)milliseconds;

	while (caught == 0) {
		double left = until - clock_ms();
		struct timespec rest = { 0, 0 };
		int got;

		if (left > 0) {
			rest.tv_sec = (time_t)(left / 1e3);
			rest.tv_nsec = (long)((left - (double)rest.tv_sec * 1e3) * 1e6);
		}
		got = sigtimedwait(&deferred, NULL, &rest);
		if (got > 0)
			caught = got;
		else if (errno != EINTR)
			break;
	}
	return caught;
}
