/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of salesforce: a project's .forceignore, which has the form of gitignore(5). */
#ifndef P11BEARER_SALESFORCE_IGNORE_H
#define P11BEARER_SALESFORCE_IGNORE_H

#include "base/error.h"

#include <stddef.h>

struct ignore;

/* Reads the .forceignore that counts for `path`, a file or folder: the nearest one in its folder or above, but not above the
 * project's, which has sfdx-project.json; outside of a project the one in the folder itself. Without one nothing is ignored.
 * Parts of a pattern are fnmatch(3)'s, case aside, and "**" is any number of folders. Fails with ERROR_CONFIG for a file that
 * cannot be read, and for a line that cannot be applied, which it names (ignore-line.h). Free with ignore_free. */
int ignore_read(const char *path, struct ignore **ignore, struct error *error);
void ignore_free(struct ignore **ignore);

/* The number of the first line that `below` matches, or one of the folders in it; 0: none does. `below` is a file's path
 * below the folder of ignore_read; for a file, its name. */
size_t ignore_line(const struct ignore *ignore, const char *below);

/* The path of the .forceignore. */
const char *ignore_path(const struct ignore *ignore);

#endif
