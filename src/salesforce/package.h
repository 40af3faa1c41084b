/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment package: files in metadata format with their manifest, as a zip in memory. */
#ifndef P11BEARER_SALESFORCE_PACKAGE_H
#define P11BEARER_SALESFORCE_PACKAGE_H

#include "base/error.h"
#include "salesforce/apps.h"

#include <stddef.h>

struct package;

/* Makes a package of `path`, which is one of an app's files or a folder. A folder with package.xml and without
 * sfdx-project.json is in metadata format, and the package gets all its files. From any other folder it gets only app
 * files, and manifest/package.xml if that names all their types and no other metadata; otherwise a manifest is made for
 * `api_version`. If `app` is not NULL, takes only that app's files, and refuses metadata format. The caller checks the
 * app files (package_apps). Fails with ERROR_CONFIG for files that cannot be read or deployed. Free with
 * package_free. */
int package_make(const char *path, const char *app, const char *api_version, struct package **package,
		 struct error *error);
void package_free(struct package **package);

/* The app files in the package, including those that cannot be used. Always free *apps with apps_clear. */
int package_apps(const struct package *package, struct apps *apps, struct error *error);

/* The zip. Owned by the package. */
const void *package_zip(const struct package *package, size_t *length);

/* Note number `index` about the package, a sentence; NULL past the last. */
const char *package_note(const struct package *package, size_t index);

/* File number `index`: its path on disk ("package.xml" for a generated manifest) and its bytes; NULL past the last. */
const char *package_file(const struct package *package, size_t index, const char **data, size_t *length);

/* The path on disk of the file called `name` in the package; `name` itself if it is not on disk. */
const char *package_source(const struct package *package, const char *name);

#endif
