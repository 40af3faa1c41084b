/* SPDX-License-Identifier: Apache-2.0 */
/* Running a command, in place of this process or beside it. */
#ifndef P11BEARER_PROCESS_CHILD_H
#define P11BEARER_PROCESS_CHILD_H

#include "base/error.h"

/* What a shell returns, too. */
enum { CHILD_NOT_EXECUTABLE = 126, CHILD_NOT_FOUND = 127, CHILD_SIGNAL = 128 /* and the signal's number */ };

/* Becomes the command, argv[0] looked up in PATH, with what this process was given (kept.h). Comes back only when
 * that fails, with CHILD_NOT_FOUND or CHILD_NOT_EXECUTABLE and the error. */
int child_exec(char *const *argv, char *const *environment, struct error *error);

/* Runs the command and waits for its end, and passes on the signals that come meanwhile. They are still blocked when it
 * returns, so that none ends this process before it is ready for them: see child_unblock. *status is as a shell's $?; a
 * command that cannot be started is reported on stderr. Fails with ERROR_UNEXPECTED if fork() fails. */
int child_run(char *const *argv, char *const *environment, int *status, struct error *error);

/* After child_run: from here on signals come to this process again. */
void child_unblock(void);

/* What a shell would call the status that waitpid told. */
int child_status(int status);

#endif
