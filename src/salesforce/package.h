/* SPDX-License-Identifier: Apache-2.0 */
/* What is deployed: files in metadata format with their manifest, as a zip in memory. */
#ifndef P11BEARER_SALESFORCE_PACKAGE_H
#define P11BEARER_SALESFORCE_PACKAGE_H

#include "base/error.h"
#include "salesforce/appfile.h"

#include <stddef.h>

struct package;

/* Makes a package of `path`: one of an app's five files; or a folder, in source format, whose app files are taken, or, with a
 * package.xml in it, in metadata format, of which every file is taken. Without a package.xml (in source format it may be in
 * manifest/) one is made, for `api_version`. App files and manifest are checked for being what they should be. Free with
 * package_free. Fails with ERROR_CONFIG for files that cannot be read or deployed. */
int package_make(const char *path, const char *api_version, struct package **package, struct error *error);
void package_free(struct package **package);

/* The zip. Owned by the package. */
const void *package_zip(const struct package *package, size_t *length);

/* How many files are in it, and how many others were found and left out. */
size_t package_count(const struct package *package);
size_t package_left_out(const struct package *package);

/* The index-th file's path on disk, NULL past the last; a manifest that was made has the path of none, "package.xml". */
const char *package_file(const struct package *package, size_t index);

/* The path on disk of what has this name in the package; `name` itself when there is none. */
const char *package_source(const struct package *package, const char *name);

#endif
