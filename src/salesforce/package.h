/* SPDX-License-Identifier: Apache-2.0 */
/* What is deployed: files in metadata format with their manifest, as a zip in memory. */
#ifndef P11BEARER_SALESFORCE_PACKAGE_H
#define P11BEARER_SALESFORCE_PACKAGE_H

#include "base/error.h"
#include "salesforce/apps.h"

#include <stddef.h>

struct package;

/* Makes a package of `path`: one of an app's five files; or a folder, as walk_files goes through it: one in source format,
 * whose app files are taken, or one in metadata format, of which every file is taken. That is one with a package.xml and no
 * sfdx-project.json in it. In source format manifest/package.xml is taken if it names no types but an app's and all that are
 * there, else one is made, for `api_version`. With `app` (else NULL) only that app's files are
 * taken, which a folder in metadata format does not allow. The manifest is checked for being one; the apps' files are for the
 * caller to check, see package_apps. Free with package_free. Fails with ERROR_CONFIG for files that cannot be read or deployed. */
int package_make(const char *path, const char *app, const char *api_version, struct package **package, struct error *error);
void package_free(struct package **package);

/* The files of apps in it, also those that cannot be used. To be cleared in any case. */
int package_apps(const struct package *package, struct apps *apps, struct error *error);

/* The zip. Owned by the package. */
const void *package_zip(const struct package *package, size_t *length);

/* What there is to tell of it, a sentence each; NULL past the last. */
const char *package_note(const struct package *package, size_t index);

/* The index-th file: its path on disk ("package.xml" for a manifest that was made) and its bytes; NULL past the last. */
const char *package_file(const struct package *package, size_t index, const char **data, size_t *length);

/* The path on disk of what has this name in the package; `name` itself when there is none. */
const char *package_source(const struct package *package, const char *name);

#endif
