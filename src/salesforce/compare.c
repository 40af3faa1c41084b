/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a settings file before and after the splice, as libxml2 reads it. */
#include "salesforce/appfile-internal.h"

#include <string.h>

/* Skips the certificate, and blank text between fields. */
static xmlNode *next_node(xmlNode *node, const xmlNode *certificate)
{
	while (node != NULL && (node == certificate || xmlIsBlankNode(node)))
		node = node->next;
	return node;
}

static bool is_same_node(xmlNode *a, xmlNode *b)
{
	xmlBuffer *left = xmlBufferCreate(), *right = xmlBufferCreate();
	bool same = false;

	if (left != NULL && right != NULL && xmlNodeDump(left, a->doc, a, 0, 0) >= 0 &&
	    xmlNodeDump(right, b->doc, b, 0, 0) >= 0)
		same = xmlStrEqual(xmlBufferContent(left), xmlBufferContent(right)) != 0;
	xmlBufferFree(left);
	xmlBufferFree(right);
	return same;
}

bool appfile_same_but_for(const struct appfile *old, struct appfile *new, const char *pem)
{
	const char *text = appfile_text(new, "certificate");
	size_t count;
	const xmlNode *before = appfile_field(old, "certificate", &count);
	const xmlNode *after = appfile_field(new, "certificate", &count);
	xmlNode *a = next_node(xmlDocGetRootElement(old->document)->children, before);
	xmlNode *b = next_node(xmlDocGetRootElement(new->document)->children, after);

	if (count != 1 || text == NULL || (pem != NULL && strcmp(text, pem) != 0))
		return false;
	while (a != NULL && b != NULL && is_same_node(a, b)) {
		a = next_node(a->next, before);
		b = next_node(b->next, after);
	}
	return a == NULL && b == NULL;
}
