/* SPDX-License-Identifier: Apache-2.0 */
/* Reads whole files, and makes paths absolute. */
#ifndef P11BEARER_BASE_FILE_H
#define P11BEARER_BASE_FILE_H

#include "base/error.h"
#include "base/secret.h"

#include <stddef.h>
#include <sys/types.h>

/* Opens the file at `path` for reading. Refuses a FIFO, because reading it may block forever, but accepts a pipe
 * that is a descriptor of this process, such as /dev/stdin. Returns the descriptor, or fails with ERROR_CONFIG. */
int file_open(const char *path, struct error *error);

/* Opens the file at `path` with file_open and reads at most `limit` bytes into *data, followed by a NUL. The caller
 * frees it. Fails with ERROR_CONFIG, naming the path, if it cannot be read or is larger. */
int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error);

/* The same into a secret, which is appended to. */
int file_read_secret(const char *path, size_t limit, struct secret *secret, struct error *error);

/* Reads from a descriptor instead, and leaves it open. `name` is for messages. */
int file_read_descriptor(int fd, const char *name, size_t limit, char **data, size_t *length, struct error *error);

/* The path from the root, for use in another folder; links stay. The caller frees it. NULL, with errno set, if memory
 * is exhausted or the current folder has no path. */
char *file_absolute(const char *path);

#endif
