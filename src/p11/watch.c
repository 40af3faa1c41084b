/* SPDX-License-Identifier: Apache-2.0 */
/* A module may hang, crash, or end the process. A thread watches the time, handlers catch the rest. Both name the
 * module and the call, and end the program with the status of a failed token. */
#include "p11/watch.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/p11.h"
#include "process/hold.h"
#include "process/kept.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 100,  /* how often the thread looks, except while no call is in progress */
	STACK_SIZE = 32768,
	THREADS_MAX = 1 + P11_SESSIONS_MAX, /* that make calls */
};
static const double ASLEEP_MS = 1000;     /* later than this, the process or the machine was stopped */
static const double GENERATE_FACTOR = 10; /* for C_GenerateKeyPair: cards need minutes */

/* The call that a thread is in; `function` is NULL between calls. */
static struct call {
	const char *_Atomic module, *_Atomic function;
	_Atomic double since;       /* clock_ms */
	const char *_Atomic ask;    /* see watch_ask; empty once it was asked */
	bool holds;                 /* signals (hold.h) */
	sigset_t mask;              /* the thread's, which a module may change */
	unsigned char stack[STACK_SIZE]; /* for its signal handlers */
} calls[THREADS_MAX];
static atomic_uint threads; /* entries of `calls` in use; none is returned */
static _Thread_local struct call *mine; /* NULL: this thread has made no call */
static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
enum { CRASHES = sizeof(crashes) / sizeof(crashes[0]) };

static struct {
	long timeout; /* seconds */
	bool on, has_thread;
	atomic_bool stopping, rests;
	pthread_t thread; /* that watches */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* the thread stops, or a call has begun while it rests */
} watch = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The signal stack is for a crash by stack overflow. */
static void join(void)
{
	unsigned index = atomic_fetch_add(&threads, 1);
	stack_t stack = { .ss_size = STACK_SIZE }, before;

	mine = &calls[index < THREADS_MAX ? index : THREADS_MAX - 1];
	pthread_sigmask(SIG_SETMASK, NULL, &mine->mask);
	stack.ss_sp = mine->stack;
	/* Sanitizers set one themselves, and remove it when the thread ends. */
	if (sigaltstack(NULL, &before) == 0 && (before.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&stack, NULL);
}

/* Whether signals are held back during a call: it may change what is on a token, or end sessions. SoftHSM rewrites a
 * token's file in C_Login. C_Sign changes nothing, and may wait for a touch. */
static bool holds(const char *function)
{
	static const char *const functions[] = {
		"C_Initialize", "C_Finalize", "C_Login", "C_Logout", "C_CloseSession", "C_CloseAllSessions",
		"C_GenerateKeyPair", "C_CreateObject", "C_CopyObject", "C_SetAttributeValue", "C_DestroyObject",
		"dlclose", /* p11-kit finalizes the modules that it wraps */
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strcmp(functions[i], function) == 0)
			return true;
	}
	return false;
}

static void wake(void)
{
	pthread_mutex_lock(&watch.lock);
	pthread_cond_signal(&watch.changed);
	pthread_mutex_unlock(&watch.lock);
}

void watch_enter(const char *module, const char *function)
{
	if (mine == NULL)
		join();
	mine->holds = holds(function);
	if (mine->holds)
		hold_enter();
	mine->module = module;
	mine->since = clock_ms();
	mine->function = function;
	if (watch.rests)
		wake();
}

void watch_for_person(void)
{
	if (mine->holds)
		hold_leave();
	mine->holds = false;
}

void watch_ask(const char *text)
{
	mine->ask = text;
}

void watch_leave(void)
{
	/* Cheaper for signatures: after C_SignInit, which another call follows at once, nothing is restored. */
	if (strcmp(mine->function, "C_Sign") == 0)
		kept_restore_some(&mine->mask);
	else if (strcmp(mine->function, "C_SignInit") != 0)
		kept_restore(&mine->mask);
	mine->function = NULL;
	mine->ask = NULL; /* after `function`: the watch would ask again for a call that has already asked */
	if (mine->holds)
		hold_leave();
}

double watch_since(void)
{
	return mine->since;
}

/* --- a module that crashes, or ends the process ------------------------------------------------------------------ */

#define TELL(...) watch_tell((const char *const[]){ __VA_ARGS__, NULL })

/* The call that this thread is in. For a thread that makes none: any call in progress. NULL: no call is in progress. */
static const struct call *call_of_thread(void)
{
	if (mine != NULL)
		return mine->function != NULL ? mine : NULL;
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		if (calls[i].function != NULL)
			return &calls[i];
	}
	return NULL;
}

static void handle_crash(int number)
{
	const struct call *call = call_of_thread();

	if (call != NULL)
		TELL("the module ", call->module, " crashed in ", call->function, " (SIG", sigabbrev_np(number), ")");
	/* It is unknown which module started the thread. */
	if (mine == NULL && pthread_equal(pthread_self(), watch.thread) == 0)
		TELL("a thread of a module crashed (SIG", sigabbrev_np(number), ")");
	signal(number, SIG_DFL); /* the signal is raised again when the handler returns */
	if (number == SIGABRT)
		raise(number);
}

/* Without this, exit() in a module would look like success. */
static void handle_exit(void)
{
	const struct call *call = call_of_thread();

	if (call != NULL)
		TELL("the module ", call->module, " ended the program in ", call->function);
	TELL("a thread of a module ended the program");
}

/* --- a module that hangs ----------------------------------------------------------------------------------------- */

static void look_at(struct call *call, double now, double asleep)
{
	const char *ask = call->ask, *function = call->function; /* in this order, see watch_leave */
	double since = call->since, taken = now - since, limit = (double)watch.timeout * 1e3;
	char seconds[32];

	/* The process or the machine was stopped. A call that has begun in the meantime is left alone. */
	if (asleep > ASLEEP_MS)
		(void)atomic_compare_exchange_strong(&call->since, &since, since + asleep);
	if (function == NULL || asleep > ASLEEP_MS)
		return;
	if (strcmp(function, "C_GenerateKeyPair") == 0)
		limit *= GENERATE_FACTOR;
	if (taken > limit) {
		snprintf(seconds, sizeof(seconds), "%.0f", limit / 1e3);
		TELL("the module ", call->module, " did not return from ", function, " within ", seconds,
		     " s; allow more time with --module-timeout");
	}
	if (taken <= (double)P11_TOUCH_MS || strcmp(function, "C_Sign") != 0 || (ask != NULL && *ask == '\0'))
		return;
	call->ask = "";
	if (isatty(STDERR_FILENO) == 1)
		message_note("%s", ask != NULL ? ask : "touch the token if it blinks");
}

/* Tells why a signal has no effect yet. */
static void look_at_signals(double now)
{
	const struct call *call = call_of_thread();

	if (hold_is_overdue(now) && call != NULL)
		message_note("waiting for the module %s to return from %s; signal again to stop immediately",
			     call->module, call->function);
}

/* With the lock held. A call that begins in the meantime is seen here, or sees `rests` and wakes the thread. */
static void rest(void)
{
	watch.rests = true;
	while (!watch.stopping && call_of_thread() == NULL)
		pthread_cond_wait(&watch.changed, &watch.lock);
	watch.rests = false;
}

static void *run(void *unused)
{
	double looked = clock_ms();
	struct timespec next;

	pthread_mutex_lock(&watch.lock);
	while (!watch.stopping) {
		double now, before = looked;

		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_nsec += LOOK_MS * 1000000L;
		if (next.tv_nsec >= 1000000000L) {
			next.tv_sec++;
			next.tv_nsec -= 1000000000L;
		}
		pthread_cond_timedwait(&watch.changed, &watch.lock, &next);
		now = looked = clock_ms();
		for (unsigned i = 0; i < THREADS_MAX; i++)
			look_at(&calls[i], now, now - before - (double)LOOK_MS);
		look_at_signals(now);
		if (call_of_thread() != NULL)
			continue;
		rest();
		looked = clock_ms();
	}
	pthread_mutex_unlock(&watch.lock);
	return unused;
}

/* The main thread handles signals, except those of a crash. */
static void start_thread(void)
{
	pthread_condattr_t attributes;
	sigset_t quiet, before;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&watch.changed, &attributes);
	pthread_condattr_destroy(&attributes);
	watch.stopping = false;
	sigfillset(&quiet);
	for (size_t i = 0; i < CRASHES; i++)
		sigdelset(&quiet, crashes[i]);
	pthread_sigmask(SIG_SETMASK, &quiet, &before);
	watch.has_thread = pthread_create(&watch.thread, NULL, run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- begin and end ------------------------------------------------------------------------------------------- */

void watch_begin(long timeout)
{
	static bool registered;
	struct sigaction action = { .sa_handler = handle_crash, .sa_flags = SA_ONSTACK | SA_NODEFER };

	if (watch.on)
		return;
	watch.on = true;
	watch.timeout = timeout;
	if (mine == NULL)
		join();
	if (!registered)
		registered = atexit(handle_exit) == 0;
	for (size_t i = 0; i < CRASHES; i++)
		sigaction(crashes[i], &action, NULL);
	hold_begin();
	start_thread();
}

void watch_end(void)
{
	if (!watch.on)
		return;
	watch.stopping = true;
	wake();
	if (watch.has_thread)
		pthread_join(watch.thread, NULL);
	pthread_cond_destroy(&watch.changed);
	hold_end();
	watch.on = false;
}
