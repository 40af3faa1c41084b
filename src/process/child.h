/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command, in place of this process or as its child. */
#ifndef P11BEARER_PROCESS_CHILD_H
#define P11BEARER_PROCESS_CHILD_H

#include "base/error.h"

/* as in a shell */
enum { CHILD_NOT_EXECUTABLE = 126, CHILD_NOT_FOUND = 127, CHILD_SIGNAL = 128 /* plus the signal's number */ };

/* Executes the command, with argv[0] looked up in PATH, with what this process was given (kept.h). Returns only if
 * that fails: CHILD_NOT_FOUND or CHILD_NOT_EXECUTABLE, with the error filled. */
int child_exec(char *const *argv, char *const *environment, struct error *error);

/* Runs the command, passes on signals while it runs, and waits for its end. The signals stay blocked on return, so
 * that the caller's cleanup is not interrupted: see child_unblock. *status is what a shell's $? would be. Reports a
 * command that cannot be started on stderr. Fails with ERROR_UNEXPECTED if fork() fails. */
int child_run(char *const *argv, char *const *environment, int *status, struct error *error);

/* Unblocks the signals after child_run. */
void child_unblock(void);

/* Converts a status from waitpid to what a shell's $? would be. */
int child_status(int status);

#endif
