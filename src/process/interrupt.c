/* SPDX-License-Identifier: Apache-2.0 */
#include "process/interrupt.h"

#include "base/clock.h"
#include "process/disposition.h"
#include "process/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* A handler rather than a mask, because a module's threads have masks of their own. The pipe wakes a thread that
 * waits. */
static struct sigaction before[SIGNALS];
static bool changed[SIGNALS];
static const char *message, *outer; /* the latter: of the first of two that have begun */
static int depth;
static atomic_int caught, waiting; /* other threads read them */
static int wake[2] = { -1, -1 };

static void handle(int number)
{
	int saved = errno;
	ssize_t written;

	if (caught != 0) {
		hold_signal(number);
	} else {
		caught = waiting = number;
		written = write(STDERR_FILENO, message, strlen(message));
		written += write(wake[1], "", 1);
		(void)written; /* a failure cannot be handled here */
	}
	errno = saved;
}

void interrupt_begin(const char *text)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

	if (depth++ > 0) {
		outer = message;
		message = text;
		return;
	}
	message = text;
	caught = waiting = 0;
	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0) {
		wake[0] = wake[1] = -1; /* nothing would end a wait, so signals keep ending the program */
		return;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		changed[i] = sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN &&
			     disposition_set(signals[i], &action) == 0;
	}
}

void interrupt_end(void)
{
	if (--depth > 0) {
		message = outer;
		return;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		if (changed[i])
			(void)disposition_set(signals[i], &before[i]);
		changed[i] = false;
	}
	for (size_t i = 0; i < 2; i++) {
		if (wake[i] >= 0)
			close(wake[i]);
		wake[i] = -1;
	}
	waiting = 0;
}

int interrupt_descriptor(void)
{
	return wake[0];
}

int interrupt_signal(void)
{
	return waiting;
}

int interrupt_take(void)
{
	int number = waiting;
	char byte;

	waiting = 0;
	while (wake[0] >= 0 && read(wake[0], &byte, 1) == 1)
		;
	return number;
}

int interrupt_wait(unsigned long milliseconds)
{
	double until = clock_ms() + (double)milliseconds;
	struct pollfd woken = { .fd = wake[0], .events = POLLIN }; /* poll ignores a negative one */
	double left = (double)milliseconds;

	while (waiting == 0 && left > 0) {
		if (poll(&woken, 1, left < 60000 ? (int)left + 1 : 60000) < 0 && errno != EINTR)
			break;
		left = until - clock_ms();
	}
	return waiting;
}
