/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program and reads what it writes. */
#ifndef P11BEARER_PROCESS_CHILD_READ_H
#define P11BEARER_PROCESS_CHILD_READ_H

#include "base/error.h"

/* What the program wrote, each followed by a NUL; the caller frees both. */
struct child_text {
	char *output;   /* to stdout */
	char *messages; /* to stderr */
};

/* Runs the program at the path argv[0] without input, and waits for its end. *status is what a shell's $? would be. The
 * caller clears `text`, also on failure. Fails with ERROR_UNEXPECTED. */
int child_read(char *const *argv, char *const *environment, struct child_text *text, int *status, struct error *error);
void child_text_clear(struct child_text *text);

#endif
