/* SPDX-License-Identifier: Apache-2.0 */
/* Hints for files that the system refuses to open, read or replace. */
#ifndef P11BEARER_BASE_FILE_HINT_H
#define P11BEARER_BASE_FILE_HINT_H

#include "base/error.h"

enum file_use { FILE_READ, FILE_WRITE };

/* Sets "cannot WHAT PATH: REASON" from errno, and adds a hint unless strerror says it all. Returns -class. */
int file_cannot(const char *what, const char *path, enum file_use use, enum error_class class, struct error *error);

#endif
