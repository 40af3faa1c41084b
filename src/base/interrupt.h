/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask the program to end, put off until the work can be ended in order. Without interrupt_begin they end the
 * program at once, as always. */
#ifndef P11BEARER_BASE_INTERRUPT_H
#define P11BEARER_BASE_INTERRUPT_H

/* From here on SIGINT, SIGTERM and SIGHUP wait to be asked for; not the ones that the program was started to ignore
 * (nohup). */
void interrupt_begin(void);

/* They end the program again. */
void interrupt_end(void);

/* The signal that came since interrupt_begin, or 0. */
int interrupt_signal(void);

/* Waits so many milliseconds, or until one of the signals comes. Returns as interrupt_signal does. */
int interrupt_wait(unsigned long milliseconds);

#endif
