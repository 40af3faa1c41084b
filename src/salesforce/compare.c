/* SPDX-License-Identifier: Apache-2.0 */
/* Whether libxml2 sees the same in a settings file before and after the splice, but for the certificate. */
#include "salesforce/appfile-internal.h"

#include <string.h>

/* The next node that counts: blank text between the fields does not, nor does the certificate. */
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

static bool is_same_text(const xmlNode *node, const char *wanted)
{
	char *text = (char *)xmlNodeGetContent(node);
	const char *begin = text != NULL ? text + strspn(text, " \t\r\n") : "";
	size_t length = strlen(begin);
	bool same;

	while (length > 0 && strchr(" \t\r\n", begin[length - 1]) != NULL)
		length--;
	same = length == strlen(wanted) && memcmp(begin, wanted, length) == 0;
	xmlFree(text);
	return same;
}

/* The comments within the certificate. */
static bool has_same_asides(const xmlNode *old, const xmlNode *new)
{
	xmlNode *a = old != NULL ? old->children : NULL, *b = new->children;

	while (true) {
		while (a != NULL && (a->type == XML_TEXT_NODE || a->type == XML_CDATA_SECTION_NODE))
			a = a->next;
		while (b != NULL && (b->type == XML_TEXT_NODE || b->type == XML_CDATA_SECTION_NODE))
			b = b->next;
		if (a == NULL || b == NULL)
			return a == b;
		if (!is_same_node(a, b))
			return false;
		a = a->next;
		b = b->next;
	}
}

bool appfile_same_but_for(const struct appfile *old, const struct appfile *new, const char *pem)
{
	xmlNode *a = next_node(xmlDocGetRootElement(old->document)->children, old->certificate);
	xmlNode *b = next_node(xmlDocGetRootElement(new->document)->children, new->certificate);

	if (new->certificate == NULL || !is_same_text(new->certificate, pem) ||
	    !has_same_asides(old->certificate, new->certificate))
		return false;
	while (a != NULL && b != NULL) {
		if (!is_same_node(a, b))
			return false;
		a = next_node(a->next, old->certificate);
		b = next_node(b->next, new->certificate);
	}
	return a == b;
}
