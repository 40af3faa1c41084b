/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide where secrets go: only root and the user may be able to change them. */
#ifndef P11BEARER_BASE_TRUST_H
#define P11BEARER_BASE_TRUST_H

#include "base/error.h"

#include <sys/stat.h>

/* Checks that only root and the user can change what `path` leads to: each directory on the way, each symbolic link,
 * and the file, which must be the one open as `fd`. One of them must own it, and nobody else may be able to write to
 * it (writers.h). A sticky directory that they own passes, because nobody can replace other users' files in it.
 * Fails with `class`. */
int trust_check(const char *path, int fd, enum error_class class, struct error *error);

/* Checks only the owner and mode of an open file that no path leads to, such as a pipe. `name` is for messages. */
int trust_check_descriptor(int fd, const char *name, enum error_class class, struct error *error);

/* Returns what kind of file it is if it is not a regular one, such as "a FIFO". */
const char *trust_kind(const struct stat *status);

#endif
