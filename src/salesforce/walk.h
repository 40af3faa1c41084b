/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: visits what is below a folder. */
#ifndef P11BEARER_SALESFORCE_WALK_H
#define P11BEARER_SALESFORCE_WALK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { WALK_DEPTH_MAX = 16 };

enum walk_kind {
	WALK_FILE,  /* a regular file */
	WALK_LINK,  /* a symbolic link; links are not followed */
	WALK_OTHER, /* a FIFO, a socket, a device */
};

/* Called with the path, and the part of it below the folder. A negative class ends the walk. */
typedef int walk_visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error);

/* Visits everything below `folder` except folders, sorted by name. Skips names that begin with a dot but not with
 * ".eca", and folders more than WALK_DEPTH_MAX levels down, which it counts in *left_out (may be NULL). Fails with
 * ERROR_CONFIG if a folder cannot be read, else as `visit` does. */
int walk_files(const char *folder, walk_visit *visit, void *context, size_t *left_out, struct error *error);

/* Checks a path from the user, following links. Fails with ERROR_CONFIG unless it is a regular file or a folder. */
int walk_look(const char *path, struct stat *status, struct error *error);

/* Whether this is a regular file, or a link to one inside or outside the folder. */
bool walk_is_file(const char *path, enum walk_kind kind);

#endif
