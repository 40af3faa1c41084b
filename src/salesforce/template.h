/* SPDX-License-Identifier: Apache-2.0 */
/* A new external client app for the JWT bearer flow, as the files of a project in source format. */
#ifndef P11BEARER_SALESFORCE_TEMPLATE_H
#define P11BEARER_SALESFORCE_TEMPLATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Strings are UTF-8 without control characters. */
struct template_app {
	const char *name; /* API name */
	const char *label;
	const char *contact_email; /* or NULL */
	const char *callback_url;
	const char *scopes;         /* such as "Api, RefreshToken" */
	const char *permission_set; /* or NULL */
	const char *session_minutes; /* or NULL for the org's default */
	const char *api_version;
	const char *certificate; /* PEM */
};

enum { TEMPLATE_FILES = 6 };

struct template_file {
	char *path; /* below the project's folder */
	char *text;
	mode_t mode;
	bool secret; /* not for source control */
};

/* Checks name and API version. Fails with ERROR_USAGE. */
int template_check(const struct template_app *app, struct error *error);

/* Makes the six files. Always free them with template_free. */
int template_make(const struct template_app *app, struct template_file files[TEMPLATE_FILES], struct error *error);
void template_free(struct template_file files[TEMPLATE_FILES]);

/* Writes them below `folder`, which is created if missing. Follows no links below it. If one of the files exists,
 * nothing is written without `force`; with it, files are replaced, and the secret one gets its new mode. Fails with
 * ERROR_CONFIG if a file or link is in the way, ERROR_UNEXPECTED if a file cannot be written. */
int template_write(const struct template_file files[TEMPLATE_FILES], const char *folder, bool force,
		   struct error *error);

#endif
