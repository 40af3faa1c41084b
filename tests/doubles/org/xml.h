/* SPDX-License-Identifier: Apache-2.0 */
/* Reading metadata files with libxml2, as simply as can be. */
#ifndef ORG_XML_H
#define ORG_XML_H

#include <libxml/tree.h>
#include <stddef.h>

struct xml_problem {
	char text[256];
	int line, column;
};

/* Reads the file, which must have this root in the metadata's namespace. NULL, with `problem` filled, when it has not. */
xmlDoc *xml_read(const void *data, size_t length, const char *root, struct xml_problem *problem);

/* The next child element of `parent` with this name behind `last`, or the first for NULL; NULL past the last. */
xmlNode *xml_next(const xmlNode *parent, const xmlNode *last, const char *name);

/* The text of the first child with this name, to be freed with xmlFree; NULL when there is none. */
char *xml_text(const xmlNode *parent, const char *name);

#endif
