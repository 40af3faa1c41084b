/* SPDX-License-Identifier: Apache-2.0 */
/* Reads metadata files with libxml2. */
#ifndef ORG_XML_H
#define ORG_XML_H

#include <libxml/tree.h>
#include <stddef.h>

struct xml_problem {
	char text[256];
	int line, column;
};

/* Reads the file. Returns NULL, with `problem` filled, unless it has this root in the metadata's namespace. */
xmlDoc *xml_read(const void *data, size_t length, const char *root, struct xml_problem *problem);

/* The next child element of `parent` with this name after `last`, or the first if that is NULL; NULL past the last. */
xmlNode *xml_next(const xmlNode *parent, const xmlNode *last, const char *name);

/* The text of the first child with this name, or NULL. The caller frees it with xmlFree. */
char *xml_text(const xmlNode *parent, const char *name);

#endif
