/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the salesforce component: what is below a folder. */
#ifndef P11BEARER_SALESFORCE_WALK_H
#define P11BEARER_SALESFORCE_WALK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum walk_kind {
	WALK_FILE,  /* a regular file */
	WALK_LINK,  /* a symbolic link, wherever it leads; none is followed */
	WALK_OTHER, /* a FIFO, a socket, a device */
};

/* Called with each of them: its path, and the part of it below the folder. Ends the walk when it returns a negative class. */
typedef int walk_visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error);

/* Visits all but folders below `folder`, sorted by name. Names that begin with a dot, but not with ".eca", are passed over; so
 * are folders more than 16 levels down, and *left_out (may be NULL) is how many of these there were. Fails with ERROR_CONFIG
 * for a folder that cannot be read, else as `visit` does. */
int walk_files(const char *folder, walk_visit *visit, void *context, size_t *left_out, struct error *error);

/* Whether this is a regular file, or a link to one, in the folder or not. */
bool walk_is_file(const char *path, enum walk_kind kind);

#endif
