/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the salesforce room: the files below a folder. */
#ifndef P11BEARER_SALESFORCE_WALK_H
#define P11BEARER_SALESFORCE_WALK_H

#include "base/error.h"

/* Called with each file: its path, and the part of it below the folder. Ends the walk when it returns a negative class. */
typedef int walk_visit(void *context, const char *path, const char *below, struct error *error);

/* Visits the regular files below `folder`, sorted by name, at most eight levels down (force-app/main/default/
 * extlClntAppGlobalOauthSets/FILE is five deep); links and hidden folders are not entered. Fails with ERROR_CONFIG for a
 * folder that cannot be read, else as `visit` does. */
int walk_files(const char *folder, walk_visit *visit, void *context, struct error *error);

#endif
