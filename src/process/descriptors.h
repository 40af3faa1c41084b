/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors for a command that is executed: those this program was given, and none that it opened. */
#ifndef P11BEARER_PROCESS_DESCRIPTORS_H
#define P11BEARER_PROCESS_DESCRIPTORS_H

#include "base/error.h"

struct descriptors;

/* Notes the descriptors open now. Fails with ERROR_UNEXPECTED if /proc cannot be read. The caller frees *open in any
 * case. */
int descriptors_note(struct descriptors **open, struct error *error);

/* Makes execve close the descriptors opened since, whoever opened them, and none of the noted ones: modules and
 * libraries leak some, and mark others close-on-exec. */
int descriptors_close_others(const struct descriptors *open, struct error *error);

/* Withholds the descriptor that a secret was read from, because a file could be read again. If it is stdin, stdout
 * or stderr and a file, replaces it by /dev/null. */
void descriptors_drop(int fd);

/* Frees *open and sets it to NULL. *open may be NULL. */
void descriptors_free(struct descriptors **open);

#endif
