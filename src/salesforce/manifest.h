/* SPDX-License-Identifier: Apache-2.0 */
/* package.xml: the components that are deployed, and the version of the API. */
#ifndef P11BEARER_SALESFORCE_MANIFEST_H
#define P11BEARER_SALESFORCE_MANIFEST_H

#include "base/error.h"
#include "salesforce/appfile.h"

#include <stdbool.h>

/* Checks a version of the Metadata API. 60.0 is the first whose apps have certificates. Fails with ERROR_USAGE. */
int manifest_check_version(const char *version, struct error *error);

/* Makes a manifest with all components of the types in `wanted`. The caller frees it. NULL if memory is out. */
char *manifest_make(const bool wanted[APPFILE_TYPES], const char *version);

struct manifest {
	bool types[APPFILE_TYPES]; /* the types of an app that it names */
	char other[128];           /* the first other type that it names; empty if none */
};

/* Reads a manifest; `path` is for messages. Fails with ERROR_CONFIG if it is not one. */
int manifest_parse(const char *path, const char *data, size_t length, struct manifest *manifest, struct error *error);

#endif
