/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: the files of a package as a zip. */
#ifndef P11BEARER_SALESFORCE_PACKAGE_ZIP_H
#define P11BEARER_SALESFORCE_PACKAGE_ZIP_H

#include "base/error.h"

#include <stddef.h>

struct package_file {
	char *name; /* in the package */
	char *path;
	char *data;
	size_t length;
};

/* Makes the zip in memory. Free *data with wipe_free, even if this fails. Fails with ERROR_CONFIG if it is larger than
 * the org accepts. */
int package_zip_make(const struct package_file *files, size_t count, char **data, size_t *length, struct error *error);

#endif
