/* SPDX-License-Identifier: Apache-2.0 */
/* What SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE do in this process, kept against modules that change it. */
#ifndef P11BEARER_PROCESS_DISPOSITION_H
#define P11BEARER_PROCESS_DISPOSITION_H

#include <signal.h>

/* Notes what they do now, to be kept. */
void disposition_note(void);

/* sigaction(2) for the program itself: the change is kept. Any signal; returns as sigaction does. */
int disposition_set(int number, const struct sigaction *action);

/* Undoes what was changed otherwise since. Several threads may call this. */
void disposition_restore(void);

#endif
