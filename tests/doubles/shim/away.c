/* SPDX-License-Identifier: Apache-2.0 */
/* A token that is away for a while, as when a network HSM fails over: for a time, or until the file P11SHIM_EVENT exists. It is
 * back for a module that is started again. */
#include "fault.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic enum { HERE, AWAY, ABSENT } where;
static struct timespec until; /* what follows is written while no thread is in the real module */
static bool by_event, swaps;

/* The text that follows `prefix`, NULL if it does not begin with it. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

const char *away_parse(const char *text, struct call_fault *fault)
{
	const char *value;

	if ((value = after(text, "away:")) != NULL) {
		fault->action = GO_AWAY;
	} else if ((value = after(text, "away-swap:")) != NULL) {
		fault->action = GO_AWAY_SWAP;
	} else if ((value = after(text, "absent:")) != NULL) {
		fault->action = GO_ABSENT;
	}
	fault->until_event = value != NULL && strcmp(value, "event") == 0;
	return value;
}

void away_begin(const struct call_fault *fault)
{
	state_lose_sessions();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += fault->delay.tv_sec;
	until.tv_nsec += fault->delay.tv_nsec;
	by_event = fault->until_event;
	swaps = fault->action == GO_AWAY_SWAP;
	where = fault->action == GO_ABSENT ? ABSENT : AWAY;
}

/* What every call answers while the token is away. */
static CK_RV answer(void)
{
	const char *number = getenv("P11SHIM_AWAY");

	if (where == ABSENT) {
		return CKR_TOKEN_NOT_PRESENT;
	}
	return number != NULL ? strtoul(number, NULL, 0) : CKR_DEVICE_ERROR;
}

static bool is_over(void)
{
	const char *path = getenv("P11SHIM_EVENT");
	struct timespec now;

	if (by_event) {
		return path != NULL && access(path, F_OK) == 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - until.tv_sec) + (double)(now.tv_nsec - until.tv_nsec) / 1e9 >= 0;
}

bool away_is_absent(void)
{
	return where == ABSENT;
}

bool away_answer(struct call *call)
{
	const char *function = call->function;
	bool starts = strcmp(function, "C_Initialize") == 0;

	if (where != HERE && starts && is_over()) {
		where = HERE;
		if (swaps) {
			swap_token();
		}
	}
	if (where == HERE || strcmp(function, "C_Finalize") == 0 || strcmp(function, "C_GetFunctionList") == 0 ||
			(where == ABSENT && (starts || strcmp(function, "C_GetSlotList") == 0))) {
		return false;
	}
	call->rv = answer();
	return true;
}
