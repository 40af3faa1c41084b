/* SPDX-License-Identifier: Apache-2.0 */
/* Where things stand in an XML file, in its own bytes. libxml2 says whether the file is well-formed and what is in it, but
 * not at which byte; this finds the bytes of the root's children, in text that libxml2 has accepted. Whoever changes a
 * file by it lets libxml2 check the result. */
#ifndef P11BEARER_SALESFORCE_LAYOUT_H
#define P11BEARER_SALESFORCE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* An element; positions count units. */
struct layout_element {
	size_t start, end;                 /* from '<' of its start-tag to behind '>' of its end-tag */
	size_t name, name_end;             /* with its prefix */
	size_t content, content_end;       /* between the tags; for an empty-element tag both are `end` */
	bool empty;                        /* <name/> */
};

/* A unit is one byte, or two in UTF-16. All markup is ASCII in the encodings that are taken. */
struct layout {
	const unsigned char *data;
	size_t length; /* bytes */
	size_t units;
	unsigned width;
	bool big_endian;
	const char *line_end; /* the file's first one; "\n" when it has none */
	struct layout_element root;
	struct layout_element *children; /* the root's child elements */
	size_t count;
};

enum layout_kind {
	LAYOUT_TEXT,
	LAYOUT_CDATA,
	LAYOUT_ASIDE, /* comment, processing instruction, declaration */
	LAYOUT_OPEN,
	LAYOUT_CLOSE,
	LAYOUT_EMPTY,
};

struct layout_token {
	enum layout_kind kind;
	size_t start, end;
	size_t inner, inner_end; /* the name in a tag; the text within CDATA; all of LAYOUT_TEXT */
};

/* Reads the whole file. `data` must outlive the layout, which is to be cleared in either case. Returns 0, or -1 when
 * this is no XML that it understands or memory is out. */
int layout_read(struct layout *layout, const void *data, size_t length);
void layout_clear(struct layout *layout);

/* The token at `position`, below `limit`. False at the limit, or where none can be read. */
bool layout_token(const struct layout *layout, size_t position, size_t limit, struct layout_token *token);

/* The unit at `position`; 0 past the end. */
unsigned layout_unit(const struct layout *layout, size_t position);

/* Whether all units of the range are blanks. */
bool layout_is_blank(const struct layout *layout, size_t start, size_t end);

/* Where the line begins that holds `position`, and where it ends (before its line end). */
size_t layout_line(const struct layout *layout, size_t position);
size_t layout_line_end(const struct layout *layout, size_t position);

/* Where the name behind the prefix begins. */
size_t layout_local_name(const struct layout *layout, const struct layout_element *element);

#endif
