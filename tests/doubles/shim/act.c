/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault of a call does. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *early; /* stderr at the time when the module is loaded, which modules in C++ keep */

__attribute__((constructor)) static void loaded(void)
{
	const char *text = getenv("P11SHIM_LOADED");

	early = stderr;
	if (text != NULL)
		fprintf(stderr, "%s\n", text);
}

static void *wait_for_ever(void *unused)
{
	for (;;) {
		pause();
	}
	return unused;
}

static void start_thread(void *(*work)(void *), void *argument)
{
	pthread_t id;

	if (pthread_create(&id, NULL, work, argument) == 0) {
		pthread_detach(id);
	}
}

void fault_start_waiting(void)
{
	start_thread(wait_for_ever, NULL);
}

static void print_late(void)
{
	printf("the module says something on stdout, late\n");
	fflush(stdout);
}

/* What a thread of the module's own does some time after the call. */
static void *stray(void *argument)
{
	const enum action *action = argument;
	struct timespec left = {.tv_nsec = 300000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR) {
	}
	if (*action == STRAY_CRASH) {
		raise(SIGSEGV);
	} else if (*action == STRAY_EXIT) {
		exit(0);
	}
	print_late();
	return NULL;
}

/* Reports the call, and waits until the test lets it go on, despite signals. */
static void wait_inside(const char *function)
{
	const char *inside = getenv("P11SHIM_INSIDE"), *go = getenv("P11SHIM_GO");
	int told = inside != NULL ? open(inside, O_WRONLY | O_CLOEXEC) : -1, wait = go != NULL ? open(go, O_RDWR | O_CLOEXEC) : -1;
	char byte;

	dprintf(told, "%s\n", function);
	close(told);
	while (read(wait, &byte, 1) < 0 && errno == EINTR) {
	}
	close(wait);
}

bool fault_act(struct call_fault *fault, struct call *call)
{
	struct timespec left = fault->delay;

	switch (fault->action) {
	case ANSWER:
		call->rv = fault->rv;
		return true;
	case DELAY:
		while (nanosleep(&left, &left) != 0 && errno == EINTR) {
		}
		break;
	case WAIT:
		wait_inside(call->function);
		break;
	case MEDDLE:
		meddle(fault->meddling);
		break;
	case HANG:
		wait_for_ever(NULL);
		break;
	case CRASH:
		raise(SIGSEGV);
		break;
	case ABORT:
		abort();
	case EXIT:
		exit(0);
	case PRINT:
		printf("the module says %s on stdout\n", call->function);
		fprintf(early, "the module says %s on stderr\n", call->function);
		break;
	case STRAY_CRASH:
	case STRAY_EXIT:
	case STRAY_PRINT:
		start_thread(stray, &fault->action);
		break;
	case PRINT_AT_EXIT:
		atexit(print_late);
		break;
	case CLOSE_DESCRIPTORS:
		for (int fd = STDERR_FILENO + 1; fd < 256; fd++) {
			close(fd);
		}
		break;
	case LOSE_SESSIONS:
		state_lose_sessions();
		break;
	case LOSE_LOGIN:
		state_lose_login();
		break;
	case SWAP:
		state_lose_sessions();
		swap_token();
		call->rv = fault->rv;
		return fault->answers;
	case SWAP_LOGIN:
		state_lose_login();
		swap_token();
		call->rv = fault->rv;
		return fault->answers;
	case GO_AWAY:
	case GO_AWAY_SWAP:
	case GO_ABSENT:
		away_begin(fault);
		break;
	case LOSE_TOKEN:
		state_lose_token(false);
		break;
	case LOSE_TOKEN_FOR_GOOD:
		state_lose_token(true);
		break;
	}
	return false;
}
