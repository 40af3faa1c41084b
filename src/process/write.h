/* SPDX-License-Identifier: Apache-2.0 */
/* Writes whole files. A file is replaced in one step (base/place.h) and keeps its access: owner, group, mode, ACL
 * and attributes. If that is not possible, nothing is written. */
#ifndef P11BEARER_PROCESS_WRITE_H
#define P11BEARER_PROCESS_WRITE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Puts the data into the file at `path`. A new file gets `mode` less the umask. Follows links as far as the kernel
 * lets this user, but refuses a link to a missing file. Writes directly to a descriptor's name (/dev/stdout,
 * /dev/fd/N) and to anything that is not a regular file. Fails with ERROR_UNEXPECTED. */
int write_file(const char *path, const void *data, size_t length, mode_t mode, struct error *error);

/* Puts the data into the file `name` in the open folder. Follows no link, and replaces only a regular file, which
 * keeps its owner and, if `mode` is 0600, loses all access but its owner's. `path` is for messages. Fails with
 * ERROR_CONFIG for anything but a regular file, otherwise with ERROR_UNEXPECTED. */
int write_file_in(int folder, const char *name, const char *path, const void *data, size_t length, mode_t mode,
		  struct error *error);

#endif
