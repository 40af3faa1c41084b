/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the whole process, kept against modules that change it: environment, resource limits, umask, current
 * folder, stdin, stdout and stderr, locale, what signals do and which are blocked, timers, niceness, processors, the signal
 * at the parent's death, whether a core may be written. What cannot be put back without privileges, such as a hard limit
 * that was lowered, is reported once. */
#ifndef P11BEARER_PROCESS_KEPT_H
#define P11BEARER_PROCESS_KEPT_H

#include <signal.h>

/* Notes what the process was given, for a command to be executed. To be called first in main. */
void kept_given(void);

/* Gives it back right before execve(2), but for what kept_end does. */
void kept_give_back(void);

/* Before foreign code runs: notes what the process has now. */
void kept_note(void);

/* After foreign code has run: puts back what the program itself depends on. `mask` is this thread's. 21 system calls.
 * Niceness, timers, limits that were raised and the other limits stay as they are until kept_give_back: modules may have
 * use for them. */
void kept_restore(const sigset_t *mask);

/* The same for what a batch of signatures depends on: signals, the limit on open files, the environment and the locale.
 * Seven system calls. */
void kept_restore_some(const sigset_t *mask);

/* No more foreign code runs: puts back the environment, stdin, stdout and stderr for the last time, and closes what was
 * opened for that. kept_note may be called again. */
void kept_end(void);

#endif
