/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide where secrets go: nobody but root and the user may be able to change them. */
#ifndef P11BEARER_BASE_TRUST_H
#define P11BEARER_BASE_TRUST_H

#include "base/error.h"

#include <sys/stat.h>

/* Checks that only root and the user can change what `path` leads to: each directory on the way, each symbolic link, and the
 * file, which must be what is open as `fd`. They own it, and nobody else can write to it (writers.h). A sticky
 * directory that they own passes, since nobody can replace what others have in it. Fails with `class`. */
int trust_check(const char *path, int fd, enum error_class class, struct error *error);

/* Checks only owner and mode of an open file, such as a pipe, which no path leads to. `name` is for messages. */
int trust_check_descriptor(int fd, const char *name, enum error_class class, struct error *error);

/* What kind of file it is, if not a regular one: "a FIFO". */
const char *trust_kind(const struct stat *status);

#endif
