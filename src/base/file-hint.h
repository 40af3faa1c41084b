/* SPDX-License-Identifier: Apache-2.0 */
/* What to do when the system refuses a file. */
#ifndef P11BEARER_BASE_FILE_HINT_H
#define P11BEARER_BASE_FILE_HINT_H

#include "base/error.h"

enum file_use { FILE_READ, FILE_WRITE };

/* Adds to the error the next step after a system call on `path` has failed with `number`, an errno; nothing where there is no
 * better advice than the system's words. */
void file_hint(int number, const char *path, enum file_use use, struct error *error);

/* Fills `error` with "cannot WHAT PATH: REASON" from errno, and the hint. Returns -class. */
int file_cannot(const char *what, const char *path, enum file_use use, enum error_class class, struct error *error);

#endif
