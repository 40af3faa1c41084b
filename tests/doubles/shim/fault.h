/* SPDX-License-Identifier: Apache-2.0 */
/* A fault of a call: faults.c reads it and finds the call for it, act.c does what it wants. */
#ifndef P11BEARER_SHIM_FAULT_H
#define P11BEARER_SHIM_FAULT_H

#include "shim.h"

#include <stdatomic.h>
#include <time.h>

#pragma GCC visibility push(hidden)

enum action { ANSWER, DELAY, HANG, CRASH, ABORT, EXIT, PRINT, LOSE_SESSIONS, LOSE_LOGIN, LOSE_TOKEN, LOSE_TOKEN_FOR_GOOD,
	SWAP, SWAP_LOGIN, STRAY_CRASH, STRAY_EXIT, STRAY_PRINT, PRINT_AT_EXIT, CLOSE_DESCRIPTORS, WAIT, MEDDLE,
	GO_AWAY, GO_AWAY_SWAP, GO_ABSENT };

/* One C_Function[@CKM_NAME][#N]=… or any#N=… */
struct call_fault {
	const char *function; /* NULL: any */
	CK_MECHANISM_TYPE mechanism;
	unsigned long nth; /* 0: every call */
	atomic_ulong seen;
	CK_RV rv;
	struct timespec delay;
	enum action action;
	const struct meddling *meddling;
	bool any_mechanism, answers; /* the latter: with rv, after a swap */
	bool until_event; /* instead of for `delay` */
};

/* Does what goes before the call, or takes its place; true if call->rv is the answer. */
bool fault_act(struct call_fault *fault, struct call *call);

/* What a module may do to the process (meddle.c): the row of that name, or NULL; and doing it. */
const struct meddling *meddling_find(const char *name);
void meddle(const struct meddling *what);

/* away.c: if the action makes the token go away, returns the text after its name, which says how long; else NULL. */
const char *away_parse(const char *text, struct call_fault *fault);
void away_begin(const struct call_fault *fault);
bool away_answer(struct call *call); /* true if the token is away, and call->rv says so */

/* A thread of the module's own that waits for ever. */
void fault_start_waiting(void);

#pragma GCC visibility pop

#endif
