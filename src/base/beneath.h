/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files below a folder, following no symbolic link that leads out of it, whether absolute or through "..". The
 * kernel enforces this while it opens the file, so there is no race. */
#ifndef P11BEARER_BASE_BENEATH_H
#define P11BEARER_BASE_BENEATH_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Opens the folder at `path`, which may itself be a link. The caller closes *folder. Fails with ERROR_CONFIG. */
int beneath_open(const char *path, int *folder, struct error *error);

/* Returns whether `below` is a folder, or a link to one that does not lead out of `folder`. */
bool beneath_is_folder(int folder, const char *below);

/* Fails with ERROR_CONFIG if `below` is not such a folder. `path` is its name in messages. */
int beneath_check_folder(int folder, const char *below, const char *path, struct error *error);

/* Reads the regular file `below`, as file_read does. `path` is its name in messages. Fails with ERROR_CONFIG, also
 * for a link that leads out of `folder`. */
int beneath_read(int folder, const char *below, const char *path, size_t limit, char **data, size_t *length,
		 struct error *error);

/* Opens `below` without following any link, for kernels without openat2(2). Returns the descriptor, or -1 with errno
 * set: ELOOP or ENOTDIR for a link. */
int beneath_open_plain(int folder, const char *below, int flags);

#endif
