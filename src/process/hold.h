/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that would end the process, held back while something must not be cut short: a token in files is rewritten in
 * place by some calls, and is lost if the process ends in the middle of one.
 *
 * All signals are held that end a process by default and that somebody sends or a timer sets off; not those that a crash
 * makes, and not those that the program was started to ignore. A handler holds them, and not a mask: a module's threads
 * have masks of their own, and the programs that a module starts would inherit one. */
#ifndef P11BEARER_PROCESS_HOLD_H
#define P11BEARER_PROCESS_HOLD_H

#include <stdbool.h>

/* From begin to end, signals can be held. Outside of enter and leave they end the process at once, as always. */
void hold_begin(void);
void hold_end(void);

/* Signals that come between the two end the process in hold_leave. Several threads may hold them at once; then the last one
 * to leave lets them go. Neither makes a system call. Not to be nested in one thread. */
void hold_enter(void);
void hold_leave(void);

/* For the signal handlers of others: ends the process by the signal, or lets hold_leave do so if it is held. */
void hold_signal(int number);

/* To be called now and then by a thread that watches, with clock_ms: true, once, when a signal is held for a second. The
 * next signal after that ends the process at once. (timeout(1) and shells send one signal twice, so that two in quick
 * succession do not.) */
bool hold_is_overdue(double now);

#endif
