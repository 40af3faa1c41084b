/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: texts with fields in braces. "{tenant}" stands for a value, "{@kid}" for one that is computed when an
 * assertion is made; "{account:upper}" changes it (see braces.c); "{{" is a brace. */
#ifndef P11BEARER_SERVER_BRACES_H
#define P11BEARER_SERVER_BRACES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { BRACES_NAME_SIZE = 64 };

/* Returns the value of a field, BRACES_KEPT to leave it for later, or NULL if it has none. */
typedef const char *braces_lookup(void *context, const char *name);
extern const char *const BRACES_KEPT;

/* Replaces the fields and "{{". The caller frees *text. Fails with ERROR_CONFIG for a field without a value, which the
 * message names, and for a malformed template. */
int braces_fill(const char *template, braces_lookup *lookup, void *context, char **text, struct error *error);

/* Replaces the fields but those that are left for later: *text is a template too. */
int braces_fill_some(const char *template, braces_lookup *lookup, void *context, char **text,
		       struct error *error);

/* Whether the text has a field or "{{". */
bool braces_in(const char *template);

/* Returns the text as a template: braces are doubled. The caller frees it; NULL if memory is exhausted. */
char *braces_doubled(const char *text);

#endif
