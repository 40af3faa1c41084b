/* SPDX-License-Identifier: Apache-2.0 */
/* Text as base/redact.c compares it: with escapes decoded, reduced to letters and digits. */
#ifndef P11BEARER_BASE_VIEW_H
#define P11BEARER_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character, and the bytes of the text from `begin` up to `end` that encode it. */
struct unit {
	uint32_t begin, end;
	char character;
	bool marked; /* to be masked */
};

/* The units of "x-%41B" are x, -, A (bytes 2 to 5) and B; `plain` is "xab", `where` 0, 2, 3. */
struct view {
	struct unit *units;
	size_t count;
	char *plain;     /* the units that are letters or digits, in lower case */
	uint32_t *where; /* the index of each in `units` */
	size_t plain_count;
	size_t length;   /* bytes of the text */
};

/* Creates a view of `length` bytes: one unit per byte, none marked, and no plain text yet. Returns false if out of
 * memory; then there is nothing to free. view_free wipes it. */
bool view_make(struct view *view, const char *text, size_t length);
void view_free(struct view *view);

/* Decodes escapes (of URLs, JSON, HTML, …) once; nested escapes take another pass. Marks the resulting unit if any
 * of its parts was marked. Returns false if there are no escapes. */
enum { VIEW_PASSES = 4 }; /* the number of passes that suffice */
bool view_unescape(struct view *view);

/* Fills `plain` from the units. */
void view_squeeze(struct view *view);

#endif
