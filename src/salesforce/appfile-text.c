/* SPDX-License-Identifier: Apache-2.0 */
/* The text of all nodes of a metadata file. */
#include "salesforce/appfile-internal.h"

#include "base/secret.h"
#include "x509/x509.h"

#include <stdio.h>
#include <string.h>

/* The next node in document order, below `root`. */
static xmlNode *next_node(xmlNode *node, const xmlNode *root)
{
	if (node->children != NULL && node->type == XML_ELEMENT_NODE)
		return node->children;
	while (node != root && node->next == NULL)
		node = node->parent;
	return node == root ? NULL : node->next;
}

static bool has_elements(const xmlNode *node)
{
	const xmlNode *child = node->children;

	while (child != NULL && child->type != XML_ELEMENT_NODE)
		child = child->next;
	return child != NULL;
}

void appfile_fields(const struct appfile *file, appfile_visit *visit, void *context)
{
	xmlNode *root = xmlDocGetRootElement(file->document);
	bool go_on = true;

	for (xmlNode *node = root; node != NULL && go_on; node = next_node(node, root)) {
		xmlChar *text;

		if (node == root || node->type != XML_ELEMENT_NODE || has_elements(node))
			continue;
		text = xmlNodeGetContent(node);
		if (text != NULL)
			go_on = visit(context, (const char *)node->name, (const char *)text);
		xmlFree(text);
	}
}

/* An element's content is its text and CDATA sections joined, so a key is found even if comments split it. */
static bool is_private_key(xmlNode *node)
{
	xmlChar *text = xmlNodeGetContent(node);
	bool found = text != NULL && x509_has_private_key(text, strlen((const char *)text));

	wipe_free(text);
	return found;
}

static bool has_private_attribute(xmlNode *node)
{
	for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
		if (is_private_key((xmlNode *)attribute))
			return true;
	}
	return false;
}

/* The innermost node comes last in document order, so the search does not stop at the first match. */
bool appfile_has_private_key(const struct appfile *file, char *where, size_t size)
{
	xmlNode *root = xmlDocGetRootElement(file->document);
	bool found = false;

	for (xmlNode *node = root; node != NULL; node = next_node(node, root)) {
		if (node->type == XML_ELEMENT_NODE && has_private_attribute(node))
			snprintf(where, size, "an attribute of the field %.64s", (const char *)node->name);
		else if (node->type == XML_ELEMENT_NODE && is_private_key(node))
			snprintf(where, size, "the field %.64s", (const char *)node->name);
		else if ((node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE) && is_private_key(node))
			snprintf(where, size, "a comment");
		else
			continue;
		found = true;
	}
	/* Outside the root. */
	if (!found && x509_has_private_key(file->data, file->length)) {
		snprintf(where, size, "the file");
		found = true;
	}
	return found;
}
