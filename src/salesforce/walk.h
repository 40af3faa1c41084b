/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the salesforce room: the files below a folder. */
#ifndef P11BEARER_SALESFORCE_WALK_H
#define P11BEARER_SALESFORCE_WALK_H

#include "base/error.h"

#include <stddef.h>

/* Called with each file: its path, and the part of it below the folder. Ends the walk when it returns a negative class. */
typedef int walk_visit(void *context, const char *path, const char *below, struct error *error);

/* Visits the regular files below `folder`, sorted by name. Links to files are followed. Names that begin with a dot are passed
 * over; so are links to folders, folders more than 16 levels down, and what is no file, and *left_out (may be NULL) is how
 * many of these there were. Fails with ERROR_CONFIG for a folder that cannot be read, else as `visit` does. */
int walk_files(const char *folder, walk_visit *visit, void *context, size_t *left_out, struct error *error);

#endif
