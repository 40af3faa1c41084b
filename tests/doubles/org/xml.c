/* SPDX-License-Identifier: Apache-2.0 */
#include "xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char metadata[] = "http://soap.sforce.com/2006/04/metadata";

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns != NULL && strcmp((const char *)node->ns->href, metadata) == 0 &&
		strcmp((const char *)node->name, name) == 0;
}

xmlDoc *xml_read(const void *data, size_t length, const char *root, struct xml_problem *problem)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	xmlDoc *document = parser != NULL ? xmlCtxtReadMemory(parser, data, (int)length, NULL, NULL, options) : NULL;
	const xmlError *error = parser != NULL ? xmlCtxtGetLastError(parser) : NULL;

	*problem = (struct xml_problem){ .line = 1, .column = 1 };
	if (document == NULL) {
		snprintf(problem->text, sizeof(problem->text), "Error parsing file: %.200s",
			error != NULL && error->message != NULL ? error->message : "not XML");
		problem->text[strcspn(problem->text, "\n")] = '\0';
		problem->line = error != NULL ? error->line : 1;
		problem->column = error != NULL ? error->int2 : 1;
	} else if (xmlDocGetRootElement(document) == NULL || !is_element(xmlDocGetRootElement(document), root)) {
		snprintf(problem->text, sizeof(problem->text), "Error parsing file: the root is not %s", root);
		xmlFreeDoc(document);
		document = NULL;
	}
	xmlFreeParserCtxt(parser);
	return document;
}

xmlNode *xml_next(const xmlNode *parent, const xmlNode *last, const char *name)
{
	xmlNode *node = last != NULL ? last->next : parent->children;

	while (node != NULL && !is_element(node, name))
		node = node->next;
	return node;
}

char *xml_text(const xmlNode *parent, const char *name)
{
	const xmlNode *node = xml_next(parent, NULL, name);

	return node != NULL ? (char *)xmlNodeGetContent(node) : NULL;
}
