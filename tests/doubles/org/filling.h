/* SPDX-License-Identifier: Apache-2.0 */
/* Templates of vendors' rules and answers. */
#ifndef ORG_FILLING_H
#define ORG_FILLING_H

#include <stdbool.h>

#include "org.h"

struct filling {
	struct org *org;
	const struct request *request;
	const cJSON *line;  /* of the log: "header", "claims" and "fields" of the request */
	const char *bearer; /* NULL: none */
};

/*
 * Replaces each <NAME> in the template: client-id, client-secret, username (the last), audience (the first, or the URL of
 * the request), url, origin (of the URL), bearer, in-an-hour (RFC 3339), claim.NAME, field.NAME, and the values of
 * keys.h. With `pattern`, characters of a value have no meaning in the regular expression. The caller frees the result.
 */
char *fill(const struct filling *filling, const char *template, bool pattern);

#endif
