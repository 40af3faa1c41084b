/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment package: unzipped, and checked against its manifest and the requirements for an app's files. */
#ifndef ORG_PACKAGE_H
#define ORG_PACKAGE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "app.h"

/* Unzips the package into `files`, without its manifest, and adds its faults to the list `failures`, in the form of the org's
 * componentFailures. */
void package_read(const void *zip, size_t length, struct app *files, cJSON *failures);

/* Adds a failure; line 0 means no line. */
void package_fail(cJSON *failures, const char *file, int line, int column, const char *problem);

#endif
