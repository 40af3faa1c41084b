/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a multipart/form-data request, parsed by libmicrohttpd. */
#ifndef ORG_MULTIPART_H
#define ORG_MULTIPART_H

#include <stddef.h>

struct MHD_Connection;

enum { PARTS_MAX = 4 };

struct part {
	char name[64];
	char type[64];
	char *data; /* owned */
	size_t length;
};

struct parts {
	struct part list[PARTS_MAX];
	size_t count;
};

/* Parses the body. `parts` stays empty if its type (may be NULL) is another. Always free `parts`. */
void parts_read(struct parts *parts, struct MHD_Connection *connection, const char *type, const char *body,
	size_t length);

/* The part of that name, or NULL. */
const struct part *parts_find(const struct parts *parts, const char *name);

void parts_clear(struct parts *parts);

#endif
