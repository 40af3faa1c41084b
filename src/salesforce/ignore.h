/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: a project's .forceignore, in the format of gitignore(5). */
#ifndef P11BEARER_SALESFORCE_IGNORE_H
#define P11BEARER_SALESFORCE_IGNORE_H

#include "base/error.h"

#include <stddef.h>

struct ignore;

/* Reads the .forceignore that applies to `path`, a file or folder: the nearest one, from its folder up to the
 * project's, which contains sfdx-project.json; outside a project, only the one in the folder itself. Without one,
 * nothing is ignored. Parts of a pattern match as in fnmatch(3), ignoring case; "**" matches any number of folders.
 * Fails with ERROR_CONFIG if the file cannot be read or a line cannot be applied (ignore-line.h). Free with
 * ignore_free. */
int ignore_read(const char *path, struct ignore **ignore, struct error *error);
void ignore_free(struct ignore **ignore);

/* The number of the first line that matches `below`, or one of the folders in it; 0 if none does. `below` is relative
 * to the folder given to ignore_read; if that was given a file, it is the file's name. */
size_t ignore_line(const struct ignore *ignore, const char *below);

/* The path of .forceignore; empty without such a file. */
const char *ignore_path(const struct ignore *ignore);

#endif
