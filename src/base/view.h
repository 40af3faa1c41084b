/* SPDX-License-Identifier: Apache-2.0 */
/* Text as base/redact.c looks at it: without escapes, and by its letters and digits. */
#ifndef P11BEARER_BASE_VIEW_H
#define P11BEARER_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character of the text, and the bytes that stand for it. */
struct unit {
	uint32_t begin, end;
	char character;
	bool marked;
};

struct view {
	struct unit *units;
	size_t count;
	char *plain;     /* letters and digits, in lower case */
	uint32_t *where; /* the unit of each of them */
	size_t plain_count;
};

/* A view of `length` bytes. False: memory is out. To be freed, which wipes it, with the same length. */
bool view_make(struct view *view, const char *text, size_t length);
void view_free(struct view *view, size_t length);

/* Decodes the escapes of URLs, JSON and HTML, once; a unit is marked if one of those was that it was made from. False: there
 * were none. */
enum { VIEW_PASSES = 4 }; /* over escapes within escapes */
bool view_unescape(struct view *view);

/* Picks letters and digits. */
void view_squeeze(struct view *view);

#endif
