/* SPDX-License-Identifier: Apache-2.0 */
/* A package that was sent to be deployed: unzipped, and judged against its manifest and against what an app's files must
 * have. */
#ifndef ORG_PACKAGE_H
#define ORG_PACKAGE_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "app.h"

/* Unzips the package into `files`, its manifest apart, and puts what is wrong with it into the list `failures`, in the form
 * of the org's componentFailures. */
void package_read(const void *zip, size_t length, struct app *files, cJSON *failures);

/* Adds a failure; line 0: none is told. */
void package_fail(cJSON *failures, const char *file, int line, int column, const char *problem);

#endif
