/* SPDX-License-Identifier: Apache-2.0 */
/* A gate around the module. Threads that sign are inside; the one that recovers from a loss closes the gate and waits
 * until nobody is. No lock is held while a thread is inside or the gate is closed. If a recovery fails or is abandoned,
 * the gate has failed, and keeps the reason. All functions but gate_free may be called in any thread. */
#ifndef P11BEARER_P11_GATE_H
#define P11BEARER_P11_GATE_H

#include "base/error.h"

#include <stdbool.h>

struct gate;

/* NULL if memory is out. */
struct gate *gate_new(void);
void gate_free(struct gate **gate);

/* Waits while the gate is closed, then goes in. Returns how often a recovery has succeeded so far. */
unsigned gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* As gate_enter, but alone: also waits until nobody else is inside, and keeps others out until gate_leave_alone or
 * gate_open. Sets *generation to what gate_enter returns. Returns false, without going in, if a signal is pending while
 * another thread recovers, which may take long. */
bool gate_enter_alone(struct gate *gate, unsigned *generation);
void gate_leave_alone(struct gate *gate);

/* Closes the gate and waits until nobody is inside. The caller is outside; `generation` is what its last gate_enter
 * returned. False if there is nothing to recover: another thread has succeeded since then, or a recovery has failed. */
bool gate_close(struct gate *gate, unsigned generation);

/* Opens the gate after a recovery. `failed` says why the recovery failed, and is kept; NULL if it succeeded. */
void gate_open(struct gate *gate, const struct error *failed);

/* Waits for so many milliseconds while the caller has closed the gate or is inside alone. Returns false as soon as
 * gate_abandon is called or a signal is pending. */
bool gate_wait(struct gate *gate, double milliseconds);

/* Ends gate_wait, now and from now on. */
void gate_abandon(struct gate *gate);

/* Whether gate_abandon or a signal has ended a gate_wait. */
bool gate_was_abandoned(const struct gate *gate);

/* Sets the reason for which the gate has failed, unless it has one. */
void gate_fail(struct gate *gate, const struct error *why);

/* Whether the gate has failed. *why, unless NULL, is set to the reason. */
bool gate_has_failed(struct gate *gate, struct error *why);

bool gate_is_closed(const struct gate *gate);

#endif
