/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to appcheck. Functions return 0, or -1 if memory is out. */
#ifndef P11BEARER_SALESFORCE_APPCHECK_INTERNAL_H
#define P11BEARER_SALESFORCE_APPCHECK_INTERNAL_H

#include "salesforce/appcheck.h"

/* Adds a finding. The text is truncated to fit, and cleaned. */
int appcheck_add(struct appcheck *check, enum appcheck_level level, const char *code, const char *file,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Checks all fields of a file except the certificate. The app that it names must be one of `apps`. */
int appcheck_fields(struct appcheck *check, const struct apps_file *file, const struct apps *apps,
		    const struct appcheck_given *given);

/* Checks a list of scopes in the spelling of metadata, such as "Api, RefreshToken". `path` may be NULL. */
int appcheck_scopes(struct appcheck *check, const char *path, const char *scopes);

/* Searches all fields for placeholders that a tool should have replaced, such as {{NAME}} or ${NAME}. */
int appcheck_placeholders(struct appcheck *check, const struct apps_file *file);

#endif
