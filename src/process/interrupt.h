/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask the program to end, deferred until it can finish its work. Without interrupt_begin they end the
 * program immediately. */
#ifndef P11BEARER_PROCESS_INTERRUPT_H
#define P11BEARER_PROCESS_INTERRUPT_H

/* From now on the first SIGINT, SIGTERM or SIGHUP writes `text`, which must be static, to stderr and stays pending,
 * and the second ends the program. Signals ignored when the program started (nohup) stay ignored. If no descriptor
 * is left for a pipe, the first signal ends the program. Within another one, which may be done once, it only changes
 * the text until interrupt_end. */
void interrupt_begin(const char *text);

/* Lets signals end the program again. Take a pending signal first, or it is lost; within another interrupt_begin, it
 * stays pending. */
void interrupt_end(void);

/* Returns a descriptor that becomes readable when a signal is pending, for poll(2), or -1. */
int interrupt_descriptor(void);

/* Returns the pending signal, or 0. */
int interrupt_signal(void);

/* Returns the pending signal, or 0, and clears it; work continues until it can end in order. */
int interrupt_take(void);

/* Waits for so many milliseconds, or until a signal is pending. Returns as interrupt_signal does. */
int interrupt_wait(unsigned long milliseconds);

#endif
