/* SPDX-License-Identifier: Apache-2.0 */
/* package.xml: which components of which types are deployed, and by which version of the API. */
#ifndef P11BEARER_SALESFORCE_MANIFEST_H
#define P11BEARER_SALESFORCE_MANIFEST_H

#include "base/error.h"
#include "salesforce/appfile.h"

#include <stdbool.h>

/* Checks a version of the Metadata API: from 60.0, the first whose apps have certificates. Fails with ERROR_USAGE. */
int manifest_check_version(const char *version, struct error *error);

/* A manifest for the types that are `wanted`, each with all its components. To be freed; NULL when memory is out. */
char *manifest_make(const bool wanted[APPFILE_TYPES], const char *version);

/* Reads a manifest; `path` is its name in messages: which types of an app it names, and the first other one (empty: none). Fails with ERROR_CONFIG
 * for a file that is none. */
struct manifest {
	bool types[APPFILE_TYPES];
	char other[128];
};
int manifest_parse(const char *path, const char *data, size_t length, struct manifest *manifest, struct error *error);

#endif
