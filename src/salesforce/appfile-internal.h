/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: a metadata file as libxml2 reads it, and its bytes. */
#ifndef P11BEARER_SALESFORCE_APPFILE_INTERNAL_H
#define P11BEARER_SALESFORCE_APPFILE_INTERNAL_H

#include "salesforce/appfile.h"
#include "salesforce/layout.h"

#include <libxml/tree.h>

struct appfile {
	char *name; /* for messages */
	enum appfile_type type;
	char *data; /* a NUL follows the last byte */
	size_t length;
	xmlDoc *document;
	char *text; /* what appfile_text returned last */
};

/* Keeps libxml2 from writing to stderr, where it reports encoding errors whatever its options are. */
void appfile_quiet(void);

/* Whether the node is an element of the metadata's namespace with this name. */
bool appfile_is_field(const xmlNode *node, const char *name);

/* Returns the root's first field with this name, or NULL. *count is the number of such fields. */
xmlNode *appfile_field(const struct appfile *file, const char *name, size_t *count);

/* Finds the bytes of a child element of the root. */
bool appfile_layout(const struct appfile *file, xmlNode *node, struct layout *layout);

/* Whether libxml2 finds the same fields in both files, except that the certificate in the new one is `pem` (NULL:
 * any). Blanks between fields are not compared. */
bool appfile_same_but_for(const struct appfile *old, struct appfile *new, const char *pem);

#endif
