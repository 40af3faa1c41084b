/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, in and out. */
#ifndef P11BEARER_BASE_FILE_H
#define P11BEARER_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Opens the file at `path` for reading. A FIFO is refused, since to read it may take for ever; a pipe that is a descriptor of
 * this process, such as /dev/stdin, is not. Returns the descriptor, or fails with ERROR_CONFIG. */
int file_open(const char *path, struct error *error);

/* Reads the file at `path`, which is opened by file_open, at most `limit` bytes, into *data (a NUL follows; free() it). Fails with
 * ERROR_CONFIG, naming the path, when it cannot be read or is larger. */
int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error);

/* The same from a descriptor, which stays open; `name` is for messages. */
int file_read_descriptor(int fd, const char *name, size_t limit, char **data, size_t *length, struct error *error);

#endif
