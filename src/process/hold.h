/* SPDX-License-Identifier: Apache-2.0 */
/* Holds back signals that would end the process during work that must not be cut short: some calls rewrite a
 * file-based token in place, and the token is lost if the process ends in the middle of one.
 *
 * Holds all signals that end a process by default and that are sent or set off by a timer, but not those that a
 * crash causes, nor those ignored when the program started. It uses a handler rather than a mask, because a module's
 * threads have masks of their own, and programs that a module starts would inherit a mask. */
#ifndef P11BEARER_PROCESS_HOLD_H
#define P11BEARER_PROCESS_HOLD_H

#include <stdbool.h>

/* Between begin and end, hold_enter can hold signals. Outside enter and leave they end the process immediately. */
void hold_begin(void);
void hold_end(void);

/* Signals that arrive between enter and leave end the process in hold_leave. If several threads hold signals, the
 * last one to leave releases them. Neither function makes a system call. One thread must not nest them. */
void hold_enter(void);
void hold_leave(void);

/* For other signal handlers: ends the process by the signal, or leaves that to hold_leave if signals are held. */
void hold_signal(int number);

/* Called regularly by a watching thread with clock_ms. Returns true once, when a signal has been held for a second;
 * from then on the next signal ends the process immediately. A second signal right after the first does not, because
 * timeout(1) and shells send one twice. */
bool hold_is_overdue(double now);

#endif
