/* SPDX-License-Identifier: Apache-2.0 */
/* Reads metadata files with libxml2. */
#include "salesforce/appfile-internal.h"

#include "base/file.h"
#include "base/secret.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct appfile_kind appfile_kinds[APPFILE_TYPES + 1] = {
	[APPFILE_APP] = { "ExternalClientApplication", "externalClientApps", ".eca" },
	[APPFILE_GLOBAL_OAUTH] = { "ExtlClntAppGlobalOauthSettings", "extlClntAppGlobalOauthSets", ".ecaGlblOauth" },
	[APPFILE_OAUTH] = { "ExtlClntAppOauthSettings", "extlClntAppOauthSettings", ".ecaOauth" },
	[APPFILE_OAUTH_POLICIES] = { "ExtlClntAppOauthConfigurablePolicies", "extlClntAppOauthPolicies",
		".ecaOauthPlcy" },
	[APPFILE_POLICIES] = { "ExtlClntAppConfigurablePolicies", "extlClntAppPolicies", ".ecaPlcy" },
	[APPFILE_MANIFEST] = { "Package", "manifest", "package.xml" },
};

static bool ends_in(const char *text, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length > size && memcmp(text + length - size, end, size) == 0;
}

bool appfile_is_source(const char *path)
{
	return ends_in(path, strlen(path), APPFILE_SOURCE_END);
}

bool appfile_has_suffix(const char *path, enum appfile_type type)
{
	const char *name = basename(path);
	size_t length = strlen(name);

	if (appfile_is_source(name))
		length -= strlen(APPFILE_SOURCE_END);
	return ends_in(name, length, appfile_kinds[type].suffix);
}

bool appfile_type_of(const char *path, enum appfile_type *type)
{
	for (int i = 0; i < APPFILE_TYPES; i++) {
		*type = (enum appfile_type)i;
		if (appfile_has_suffix(path, *type))
			return true;
	}
	return false;
}

bool appfile_is_field(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
	       xmlStrEqual(node->ns->href, (const xmlChar *)APPFILE_NAMESPACE) &&
	       xmlStrEqual(node->name, (const xmlChar *)name);
}

/* --- parsing ----------------------------------------------------------------------------------------------------- */

/* Called at "<!DOCTYPE", before the first entity is declared. */
static void refuse_dtd(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)external;
	(void)system;
	*(bool *)parser->_private = true;
	xmlStopParser(parser);
}

static void explain(const struct appfile *file, xmlParserCtxt *parser, bool dtd, struct error *error)
{
	const xmlError *last = xmlCtxtGetLastError(parser);

	if (dtd)
		error_set(error, ERROR_CONFIG, "%s has a DTD, which metadata files never have", file->name);
	else if (last == NULL || last->message == NULL)
		error_set(error, ERROR_CONFIG, "%s is not well-formed XML", file->name);
	else if (last->code == XML_ERR_NO_MEMORY)
		error_memory(error);
	else /* libxml2 quotes the comment, which may hold a private key. */
		error_set(error, ERROR_CONFIG, "%s is not well-formed XML: line %d: %.*s", file->name, last->line,
			  (int)strcspn(last->message, last->code == XML_ERR_HYPHEN_IN_COMMENT ? ":\n" : "\n"),
			  last->message);
}

__attribute__((format(printf, 2, 3))) static void be_quiet(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

void appfile_quiet(void)
{
	xmlSetGenericErrorFunc(NULL, be_quiet);
}

static int parse(struct appfile *file, struct error *error)
{
	/* Entities are not substituted, nothing is loaded, and libxml2's limits on depth and node size apply. */
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	xmlParserCtxt *parser = xmlNewParserCtxt();
	bool dtd = false;
	bool good;

	if (parser == NULL)
		return error_memory(error);
	appfile_quiet();
	parser->_private = &dtd;
	parser->sax->internalSubset = refuse_dtd;
	file->document = xmlCtxtReadMemory(parser, file->data, (int)file->length, NULL, NULL, options);
	good = file->document != NULL && !dtd;
	if (!good)
		explain(file, parser, dtd, error);
	xmlFreeParserCtxt(parser);
	return good ? 0 : error_result(error);
}

/* --- checks ------------------------------------------------------------------------------------------------------ */

/* Whether every byte below 128 is ASCII in this encoding, so that markup can be found by its bytes. */
static bool is_encoding_known(const char *encoding)
{
	static const char *const names[] = { "UTF-8", "UTF8", "US-ASCII", "ASCII", "latin1" };
	static const char *const families[] = { "ISO-8859-", "ISO_8859-", "windows-125", "cp125" };

	if (encoding == NULL)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(encoding, names[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strncasecmp(encoding, families[i], strlen(families[i])) == 0)
			return true;
	}
	return false;
}

static int check_root(const struct appfile *file, struct error *error)
{
	const struct appfile_kind *kind = &appfile_kinds[file->type];
	const xmlNode *root = xmlDocGetRootElement(file->document);
	const char *space = root->ns != NULL ? (const char *)root->ns->href : "no namespace";

	if (appfile_is_field(root, kind->root))
		return 0;
	error_set(error, ERROR_CONFIG, "the root of %s is %.200s in %.200s, not %s in %s", file->name,
		  (const char *)root->name, space, kind->root, APPFILE_NAMESPACE);
	if (file->type == APPFILE_GLOBAL_OAUTH)
		error_hint(error,
			   "name the file with the certificate: it is in %s, and its name ends in %s-meta.xml or %s",
			   kind->folder, kind->suffix, kind->suffix);
	return -ERROR_CONFIG;
}

static int take(struct appfile *file, struct error *error)
{
	const char *encoding;

	if (file->length == 0)
		return error_set(error, ERROR_CONFIG, "%s is empty", file->name);
	if (parse(file, error) < 0)
		return error_result(error);
	/* XML has no NUL, but half of the bytes of its tags in UTF-16 are. */
	encoding = memchr(file->data, '\0', file->length) != NULL ? "UTF-16" : (const char *)file->document->encoding;
	if (!is_encoding_known(encoding))
		return error_set(error, ERROR_CONFIG, "%s has the encoding %.100s: save it as UTF-8", file->name,
				 encoding);
	return check_root(file, error);
}

int appfile_parse(const char *name, const void *data, size_t length, enum appfile_type type, struct appfile **file,
		  struct error *error)
{
	struct appfile *fresh = calloc(1, sizeof(*fresh));

	*file = NULL;
	if (fresh == NULL)
		return error_memory(error);
	fresh->type = type;
	fresh->name = strdup(name);
	fresh->data = malloc(length + 1);
	fresh->length = length;
	if (fresh->name == NULL || fresh->data == NULL) {
		appfile_free(&fresh);
		return error_memory(error);
	}
	memcpy(fresh->data, data, length);
	fresh->data[length] = '\0';
	if (take(fresh, error) < 0) {
		appfile_free(&fresh);
		return error_result(error);
	}
	*file = fresh;
	return 0;
}

int appfile_read(const char *path, enum appfile_type type, struct appfile **file, struct error *error)
{
	size_t length;
	char *data;
	int result;

	*file = NULL;
	if (file_read(path, APPFILE_MAX, &data, &length, error) < 0)
		return error_result(error);
	result = appfile_parse(path, data, length, type, file, error);
	wipe_free(data);
	return result;
}

void appfile_free(struct appfile **file)
{
	struct appfile *old = *file;

	if (old == NULL)
		return;
	xmlFreeDoc(old->document);
	xmlFree(old->text);
	wipe_free(old->data); /* may hold the consumer secret */
	free(old->name);
	free(old);
	*file = NULL;
}

/* --- fields ------------------------------------------------------------------------------------------------------ */

xmlNode *appfile_field(const struct appfile *file, const char *field, size_t *count)
{
	xmlNode *found = NULL;

	*count = 0;
	for (xmlNode *node = xmlDocGetRootElement(file->document)->children; node != NULL; node = node->next) {
		if (!appfile_is_field(node, field))
			continue;
		if ((*count)++ == 0)
			found = node;
	}
	return found;
}

size_t appfile_count(const struct appfile *file, const char *field)
{
	size_t count;

	appfile_field(file, field, &count);
	return count;
}

const char *appfile_text(struct appfile *file, const char *field)
{
	size_t count;
	xmlNode *node = appfile_field(file, field, &count);

	xmlFree(file->text);
	file->text = node != NULL ? (char *)xmlNodeGetContent(node) : NULL;
	return file->text;
}

const char *appfile_value(struct appfile *file, const char *field)
{
	const char *text = appfile_text(file, field);
	size_t length;

	if (text == NULL)
		return NULL;
	length = strlen(text);
	while (length > 0 && strchr(LAYOUT_BLANKS, text[length - 1]) != NULL)
		length--;
	file->text[length] = '\0';
	return text + strspn(text, LAYOUT_BLANKS);
}
