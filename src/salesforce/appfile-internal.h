/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a metadata file: what libxml2 made of it, and where it stands. */
#ifndef P11BEARER_SALESFORCE_APPFILE_INTERNAL_H
#define P11BEARER_SALESFORCE_APPFILE_INTERNAL_H

#include "salesforce/appfile.h"
#include "salesforce/layout.h"

#include <libxml/tree.h>

struct appfile {
	char *name; /* for messages */
	enum appfile_type type;
	char *data;
	size_t length;
	xmlDoc *document;
	struct layout layout;
	/* The certificate: its node, and its index among the layout's children. NULL when there is none. */
	xmlNode *certificate;
	size_t index;
	char *text; /* appfile_text's last one */
};

/* Keeps libxml2 from writing to stderr: what it has to say of encodings goes there whatever the options are. */
void appfile_quiet(void);

/* Whether the node is an element of the metadata's namespace with this name. */
bool appfile_is_field(const xmlNode *node, const char *name);

/* Whether all fields of the two are the same but for the certificate, which is `pem` in the new one. Blanks between fields
 * are not compared. */
bool appfile_same_but_for(const struct appfile *old, const struct appfile *new, const char *pem);

#endif
