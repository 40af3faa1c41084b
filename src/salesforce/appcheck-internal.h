/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the check of an app. Functions return 0, or -1 when memory is out. */
#ifndef P11BEARER_SALESFORCE_APPCHECK_INTERNAL_H
#define P11BEARER_SALESFORCE_APPCHECK_INTERNAL_H

#include "salesforce/appcheck.h"

/* Adds a finding. The text is cut to fit, and cleaned. */
int appcheck_add(struct appcheck *check, enum appcheck_level level, const char *code, const char *file, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Checks all fields of a file but the certificate; `apps` tells whether the app that it names is there. */
int appcheck_fields(struct appcheck *check, const struct apps_file *file, const struct apps *apps,
		    const struct appcheck_given *given);

/* Checks the scopes of the flow in the metadata's spelling, such as "Api, RefreshToken". */
int appcheck_scopes(struct appcheck *check, const char *path, const char *scopes);

/* Looks for placeholders that a tool should have replaced, such as {{NAME}} or ${NAME}, in all fields. */
int appcheck_placeholders(struct appcheck *check, const struct apps_file *file);

#endif
