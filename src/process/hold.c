/* SPDX-License-Identifier: Apache-2.0 */
#include "process/hold.h"

#include "process/disposition.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum {
	ENDING = INT_MIN / 2, /* value of `holders` once a signal ends the process: no new hold may begin */
	OVERDUE_MS = 1000,
};

static atomic_int holders;    /* how many threads hold signals */
static atomic_int held;       /* the first signal that was held back, or 0 */
static atomic_bool announced; /* hold_is_overdue has reported it */
static double noticed;        /* clock_ms when the watching thread first saw it; 0: not yet */
static pid_t owner;           /* a child that a module forks copies this state, but has nothing to hold */
static struct sigaction before[NSIG];
static bool changed[NSIG];

/* These do not end a process by default, result from a crash, or belong to the C library. */
static bool is_held(int number)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH,
				      SIGSEGV, SIGBUS,	SIGFPE,	 SIGILL,  SIGABRT, SIGTRAP, SIGSYS };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i] == number)
			return false;
	}
	return number <= SIGSYS || number >= SIGRTMIN;
}

/* Ends the process by the signal. Repeats, because another thread may be restoring the handler. */
static void die(int number) __attribute__((noreturn));
static void die(int number)
{
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, number);
	for (;;) {
		signal(number, SIG_DFL);
		pthread_sigmask(SIG_UNBLOCK, &only, NULL);
		raise(number);
	}
}

/* Set `held` first: then either a thread that leaves sees it, or this one sees that nobody holds signals. */
void hold_signal(int number)
{
	int saved = errno, none = 0;

	if (getpid() != owner || announced)
		die(number);
	(void)atomic_compare_exchange_strong(&held, &none, number);
	none = 0;
	if (atomic_compare_exchange_strong(&holders, &none, ENDING) || none < 0)
		die(number);
	errno = saved;
}

void hold_begin(void)
{
	struct sigaction action = { .sa_handler = hold_signal, .sa_flags = SA_RESTART | SA_ONSTACK };

	owner = getpid();
	held = 0;
	announced = false;
	noticed = 0;
	for (int number = 1; number < NSIG; number++) {
		changed[number] = is_held(number) && sigaction(number, NULL, &before[number]) == 0 &&
				  before[number].sa_handler == SIG_DFL && disposition_set(number, &action) == 0;
	}
}

/* A handler that was set meanwhile stays. If its owner puts that of this file back, the signal ends the process. */
void hold_end(void)
{
	struct sigaction now;

	for (int number = 1; number < NSIG; number++) {
		if (changed[number] && sigaction(number, NULL, &now) == 0 && now.sa_handler == hold_signal)
			(void)disposition_set(number, &before[number]);
		changed[number] = false;
	}
}

void hold_enter(void)
{
	if (atomic_fetch_add(&holders, 1) < 0) {
		for (;;)
			pause(); /* the process is about to end */
	}
}

void hold_leave(void)
{
	if (atomic_fetch_sub(&holders, 1) == 1 && held != 0)
		die(held);
}

bool hold_is_overdue(double now)
{
	if (held == 0 || announced)
		return false;
	if (noticed <= 0)
		noticed = now;
	if (now - noticed < (double)OVERDUE_MS)
		return false;
	announced = true;
	return true;
}
