/* SPDX-License-Identifier: Apache-2.0 */
/* Which descriptors a command that is run may have: the ones that were handed to this program, none that it opened. */
#ifndef P11BEARER_PROCESS_DESCRIPTORS_H
#define P11BEARER_PROCESS_DESCRIPTORS_H

#include "base/error.h"

struct descriptors;

/* Notes which are open now. Fails with ERROR_UNEXPECTED when /proc does not tell; *open is to be freed even so. */
int descriptors_note(struct descriptors **open, struct error *error);

/* Lets execve close all that were not open then, whoever opened them, and none that were: modules and libraries forget some,
 * and others mark all that they find. */
int descriptors_close_others(const struct descriptors *open, struct error *error);

/* Keeps one from a command to be run, which a secret was read from: a file could be read again. Stdin, stdout and stderr
 * become /dev/null, and only if they are a file. */
void descriptors_drop(int fd);

/* Frees *open and sets it to NULL. NULL is allowed. */
void descriptors_free(struct descriptors **open);

#endif
