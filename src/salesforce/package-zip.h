/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the salesforce component: a package's files as a zip. */
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

/* Makes the zip in memory; *data is to be wiped and freed, also when it fails. Fails with ERROR_CONFIG for one that the org
 * does not take, because it is too large. */
int package_zip_make(const struct package_file *files, size_t count, char **data, size_t *length, struct error *error);

#endif
