/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, in and out. */
#ifndef P11BEARER_BASE_FILE_H
#define P11BEARER_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Reads the file (or pipe) at `path`, at most `limit` bytes, into *data (a NUL follows; free() it). Fails with
 * ERROR_CONFIG, naming the path, when it cannot be read or is larger. */
int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error);

/* The same from a descriptor, which stays open; `name` is for messages. */
int file_read_descriptor(int fd, const char *name, size_t limit, char **data, size_t *length, struct error *error);

/* Puts `length` bytes into the file at `path`, replacing what is there in one step: a temporary file beside it is
 * written, synced and renamed, so a crash leaves the old or the new file whole. An old file's mode and owner are kept, a
 * new one gets `mode` less the umask. A symbolic link is followed. Stdout, and what is no regular file (a pipe, a
 * terminal), is written to as it is. Fails with ERROR_UNEXPECTED. */
int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error);

#endif
