/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask the program to end, put off until the work can be ended in order. Without interrupt_begin they end
 * the program at once, as always. */
#ifndef P11BEARER_PROCESS_INTERRUPT_H
#define P11BEARER_PROCESS_INTERRUPT_H

/* From here on the first SIGINT, SIGTERM or SIGHUP writes `text` to stderr and waits to be asked for, and the second
 * ends the program; not the ones that the program was started to ignore (nohup). Where there is no descriptor left for a pipe, the first
 * signal ends the program, as without it. `text` must be static. */
void interrupt_begin(const char *text);

/* They end the program again. One that waits is lost, so it is to be taken before. */
void interrupt_end(void);

/* A descriptor that can be read when there is a signal, for poll(2); -1 when there is none. */
int interrupt_descriptor(void);

/* The signal that waits, or 0. */
int interrupt_signal(void);

/* The same, and it does not wait any more: work goes on, to end in order. */
int interrupt_take(void);

/* Waits so many milliseconds, or until there is a signal. Returns as interrupt_signal does. */
int interrupt_wait(unsigned long milliseconds);

#endif
