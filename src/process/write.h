/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, written. A file is replaced in one step (base/place.h) and keeps its access: owner, group, mode, ACL and
 * attributes. Where that cannot be done nothing is written. */
#ifndef P11BEARER_PROCESS_WRITE_H
#define P11BEARER_PROCESS_WRITE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Puts the data into the file at `path`. A new file gets `mode` less the umask. The kernel follows links, as far as it lets
 * this user; a link to a file that is not there is refused. A descriptor's name (/dev/stdout, /dev/fd/N), and what is no
 * regular file, is written to as it is. Fails with ERROR_UNEXPECTED. */
int write_file(const char *path, const void *data, size_t length, mode_t mode, struct error *error);

/* Puts the data into the file `name` in the open folder. It follows no link, and replaces nothing but a regular file; that one
 * keeps its owner, and if `mode` is 0600 loses all access but its owner's. `path` is for messages. Fails with ERROR_CONFIG for
 * what is no regular file, else with ERROR_UNEXPECTED. */
int write_file_in(int folder, const char *name, const char *path, const void *data, size_t length, mode_t mode,
		  struct error *error);

#endif
