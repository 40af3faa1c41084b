/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the bytes of an element in an XML file, because libxml2 does not report byte offsets. libxml2 must have
 * accepted the text: it is well-formed, has no DTD, and its encoding contains ASCII. */
#ifndef P11BEARER_SALESFORCE_LAYOUT_H
#define P11BEARER_SALESFORCE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#define LAYOUT_BLANKS " \t\r\n"

/* Pointers into the text. */
struct layout {
	const char *root;                  /* '<' of the root's start-tag */
	const char *start, *end;           /* from '<' of the element's start-tag to after '>' of its end-tag */
	const char *content, *content_end; /* between the tags; for <name/> both are `end` */
};

/* Finds the root's child element number `index`, from 0. False if the root has fewer. */
bool layout_find(const char *text, size_t index, struct layout *layout);

/* The start of the line that contains `at`, and its end, before the line end. */
const char *layout_line(const char *text, const char *at);
const char *layout_line_end(const char *at);

/* The file's first line end; "\n" if it has none. Static. */
const char *layout_newline(const char *text);

/* Whether there are only blanks from `start` to `end`. */
bool layout_is_blank(const char *start, const char *end);

#endif
