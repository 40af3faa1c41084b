/* SPDX-License-Identifier: Apache-2.0 */
/* Protects what belongs to the whole process against changes by modules: environment, resource limits, umask,
 * current folder, stdin, stdout and stderr, locale, dispositions and mask of signals, timers, niceness, CPU
 * affinity, the signal at the parent's death, and whether a core file may be written. Reports once what cannot be
 * restored without privileges, such as a lowered hard limit. */
#ifndef P11BEARER_PROCESS_KEPT_H
#define P11BEARER_PROCESS_KEPT_H

#include <signal.h>

/* Notes what the process was given, for a command that is executed later. Call it first in main. */
void kept_given(void);

/* Restores that right before execve(2), except for what kept_end restores. */
void kept_give_back(void);

/* Before foreign code runs: notes the current state of the process. */
void kept_note(void);

/* After foreign code has run: restores what the program itself depends on. `mask` is this thread's signal mask.
 * Makes 21 system calls. Leaves niceness, timers, raised limits and the other limits until kept_give_back, because
 * modules may need them. */
void kept_restore(const sigset_t *mask);

/* Restores only what a batch of signatures depends on: signals, the limit on open files, the environment and the
 * locale. Makes seven system calls. */
void kept_restore_some(const sigset_t *mask);

/* No more foreign code runs: restores the environment, stdin, stdout and stderr for the last time, and closes what
 * was opened to do so. kept_note may be called again. */
void kept_end(void);

#endif
