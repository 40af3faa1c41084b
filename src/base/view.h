/* SPDX-License-Identifier: Apache-2.0 */
/* Text as base/redact.c compares it: escapes decoded, and letters and digits alone. */
#ifndef P11BEARER_BASE_VIEW_H
#define P11BEARER_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character, and the bytes of the text from `begin` up to `end` that it is written with. */
struct unit {
	uint32_t begin, end;
	char character;
	bool marked; /* to be masked */
};

/* Of "x-%41B" the units are x, -, A (bytes 2 to 5) and B; `plain` is "xab", `where` 0, 2, 3. */
struct view {
	struct unit *units;
	size_t count;
	char *plain;     /* the units that are letters or digits, in lower case */
	uint32_t *where; /* the index of each in `units` */
	size_t plain_count;
	size_t length;   /* bytes of the text */
};

/* Makes a view of `length` bytes: a unit for each, none marked, and no plain text yet. False: memory is out, and there is
 * nothing to free. view_free wipes it. */
bool view_make(struct view *view, const char *text, size_t length);
void view_free(struct view *view);

/* Decodes escapes (of URLs, JSON, HTML, …) once; escapes of escapes take another pass. Units that become one are marked if one
 * of them was. False: there are none. */
enum { VIEW_PASSES = 4 }; /* that are enough */
bool view_unescape(struct view *view);

/* Fills `plain` from the units. */
void view_squeeze(struct view *view);

#endif
