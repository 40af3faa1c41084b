/* SPDX-License-Identifier: Apache-2.0 */
/* Protects the dispositions of SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE against changes by modules. */
#ifndef P11BEARER_PROCESS_DISPOSITION_H
#define P11BEARER_PROCESS_DISPOSITION_H

#include <signal.h>

/* Notes the current dispositions. */
void disposition_note(void);

/* sigaction(2) for the program itself, for any signal: notes the change. */
int disposition_set(int number, const struct sigaction *action);

/* Undoes changes made in any other way. Thread-safe. */
void disposition_restore(void);

#endif
