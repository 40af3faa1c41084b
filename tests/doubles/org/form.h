/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a form post (application/x-www-form-urlencoded), parsed strictly. */
#ifndef ORG_FORM_H
#define ORG_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { FORM_FIELDS_MAX = 16 };

struct form_field {
	const char *name;
	const char *value;
};

struct form {
	char *text; /* owned; the fields point into it */
	struct form_field fields[FORM_FIELDS_MAX];
	size_t count;
	bool repeated; /* a name occurs twice */
};

/* True if the Content-Type (may be NULL) names a url-encoded form, with or without parameters. */
bool form_is_urlencoded(const char *content_type);

/*
 * Parses the body into `form`. Always free that with form_clear. Returns 0, or -1 if the body is not url-encoded or has too
 * many fields.
 */
int form_parse(const char *body, size_t length, struct form *form);

/* The value of the first field of that name, owned by the form, or NULL. */
const char *form_get(const struct form *form, const char *name);

/* Frees what form_parse allocated. */
void form_clear(struct form *form);

#endif
