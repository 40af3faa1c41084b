/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a certificate into the bytes of a settings file. */
#include "salesforce/appfile-internal.h"

#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct splice {
	const char *start, *end; /* the bytes that are replaced */
	char *value;             /* NULL if memory is out */
};

/* --- where ------------------------------------------------------------------------------------------------------- */

bool appfile_layout(const struct appfile *file, xmlNode *node, struct layout *layout)
{
	size_t index = 0;

	while ((node = xmlPreviousElementSibling(node)) != NULL)
		index++;
	return layout_find(file->data, index, layout);
}

/* The length of the name in the start-tag `tag`. */
static int name_length(const char *tag)
{
	return (int)strcspn(tag + 1, LAYOUT_BLANKS "/>");
}

static int fill(const struct appfile *file, const struct layout *layout, const char *pem, struct splice *splice,
		struct error *error)
{
	const char *content = layout->content;

	if (content == layout->end) { /* <certificate/> */
		for (splice->start = content - 2; strchr(LAYOUT_BLANKS, splice->start[-1]) != NULL;)
			splice->start--;
		splice->end = content;
		if (asprintf(&splice->value, ">%s</%.*s>", pem, name_length(layout->start), layout->start + 1) < 0)
			splice->value = NULL;
		return 0;
	}
	if (memchr(content, '<', (size_t)(layout->content_end - content)) != NULL) {
		error_set(error, ERROR_CONFIG,
			  "the certificate in %s is not plain text, but holds CDATA, a comment or an element",
			  file->name);
		error_hint(error, "put the certificate there as plain text, or leave <certificate> empty");
		return -ERROR_CONFIG;
	}
	*splice = (struct splice){ content, layout->content_end, strdup(pem) };
	return 0;
}

/* The field that follows the certificate in a retrieved file, which is in alphabetical order; else the last field. */
static xmlNode *find_sibling(const struct appfile *file, bool *is_last)
{
	xmlNode *root = xmlDocGetRootElement(file->document);

	for (xmlNode *node = xmlFirstElementChild(root); node != NULL; node = xmlNextElementSibling(node)) {
		if (strcmp((const char *)node->name, "certificate") > 0)
			return node;
	}
	*is_last = true;
	return xmlLastElementChild(root);
}

/* Adds the field, on a line of its own if the sibling is on one. */
static void add(const struct appfile *file, const struct layout *sibling, bool is_last, const char *pem,
		struct splice *splice)
{
	const char *line = layout_line(file->data, sibling->start), *name = sibling->root + 1, *newline = "";
	const char *colon = memchr(name, ':', (size_t)name_length(sibling->root));
	int prefix = colon != NULL ? (int)(colon + 1 - name) : 0, indent = 0, length;
	char *element;

	splice->start = splice->end = is_last ? sibling->end : sibling->start;
	if (layout_is_blank(line, sibling->start)) {
		newline = layout_newline(file->data);
		indent = (int)(sibling->start - line);
	}
	if (asprintf(&element, "<%.*scertificate>%s</%.*scertificate>", prefix, name, pem, prefix, name) < 0)
		return;
	if (is_last)
		length = asprintf(&splice->value, "%s%.*s%s", newline, indent, line, element);
	else
		length = asprintf(&splice->value, "%s%s%.*s", element, newline, indent, line);
	if (length < 0)
		splice->value = NULL;
	free(element);
}

/* Whether the element is marked as having no value, which would contradict its new value. */
static bool is_nil(xmlNode *node)
{
	xmlChar *nil = xmlGetNsProp(node, (const xmlChar *)"nil",
				    (const xmlChar *)"http://www.w3.org/2001/XMLSchema-instance");
	bool result = nil != NULL &&
		      (xmlStrEqual(nil, (const xmlChar *)"true") || xmlStrEqual(nil, (const xmlChar *)"1"));

	xmlFree(nil);
	return result;
}

static int plan(const struct appfile *file, const char *pem, struct splice *splice, struct error *error)
{
	size_t count;
	bool is_last = false;
	xmlNode *certificate = appfile_field(file, "certificate", &count);
	xmlNode *node = certificate != NULL ? certificate : find_sibling(file, &is_last);
	struct layout layout;

	if (count > 1)
		return error_set(error, ERROR_CONFIG, "%s has more than one certificate", file->name);
	if (node == NULL)
		return error_set(error, ERROR_CONFIG, "%s has no fields at all, not even the app's name", file->name);
	if (count == 1 && is_nil(certificate))
		return error_set(error, ERROR_CONFIG, "the certificate in %s is marked as having no value (nil)",
				 file->name);
	if (!appfile_layout(file, node, &layout))
		return error_set(error, ERROR_CONFIG, "cannot locate the fields of %s", file->name);
	if (count == 1)
		return fill(file, &layout, pem, splice, error);
	add(file, &layout, is_last, pem, splice);
	return 0;
}

/* --- the result -------------------------------------------------------------------------------------------------- */

/* The PEM without its last line end, and with `newline` for the others. NULL if memory is out. */
static char *convert(const char *pem, const char *newline)
{
	size_t length = strlen(pem);
	char *text = malloc(2 * length + 1), *to = text;

	if (text == NULL)
		return NULL;
	while (length > 0 && pem[length - 1] == '\n')
		length--;
	for (; length > 0; pem++, length--) {
		if (*pem == '\n')
			to = stpcpy(to, newline);
		else
			*to++ = *pem;
	}
	*to = '\0';
	return text;
}

static char *assemble(const struct appfile *file, const struct splice *splice)
{
	int before = (int)(splice->start - file->data);
	char *data;

	if (splice->value == NULL ||
	    asprintf(&data, "%.*s%s%s", before, file->data, splice->value, splice->end) < 0)
		return NULL;
	return data;
}

static int verify(const struct appfile *old, const char *data, const char *pem, struct error *error)
{
	struct appfile *new = NULL;
	struct error why;
	bool good = appfile_parse(old->name, data, strlen(data), old->type, &new, &why) == 0 &&
		    appfile_same_but_for(old, new, pem);

	appfile_free(&new);
	if (good)
		return 0;
	return error_set(error, ERROR_CONFIG, "cannot put the certificate into %s without changing other fields",
			 old->name);
}

/* Puts `value` into a copy of the file. The certificate must then be `pem`; NULL: any. */
static int replace(const struct appfile *file, const char *value, const char *pem, char **data, size_t *length,
		   struct error *error)
{
	struct splice splice = { .value = NULL };
	int result = plan(file, value, &splice, error);

	*data = result == 0 ? assemble(file, &splice) : NULL;
	if (result == 0)
		result = *data != NULL ? verify(file, *data, pem, error) : error_memory(error);
	if (result == 0) {
		*length = strlen(*data);
	} else {
		wipe_free(*data);
		*data = NULL;
	}
	free(splice.value);
	return result;
}

int appfile_splice(const struct appfile *file, const char *pem, char **data, size_t *length, struct error *error)
{
	char *plain = convert(pem, "\n"), *value = convert(pem, layout_newline(file->data));
	int result;

	*data = NULL;
	if (plain != NULL && value != NULL)
		result = replace(file, value, plain, data, length, error);
	else
		result = error_memory(error);
	free(plain);
	free(value);
	return result;
}

int appfile_cut(const struct appfile *file, char **bytes, struct error *error)
{
	struct splice splice = { .value = NULL };
	size_t count;

	*bytes = NULL;
	(void)appfile_field(file, "certificate", &count);
	if (count == 0)
		return error_set(error, ERROR_CONFIG, "%s has no certificate", file->name);
	if (plan(file, "", &splice, error) < 0)
		return error_result(error);
	/* <certificate/> is replaced as a whole, by bytes that begin with '>'. */
	if (splice.value != NULL && splice.value[0] == '\0')
		*bytes = strndup(splice.start, (size_t)(splice.end - splice.start));
	else if (splice.value != NULL)
		*bytes = strdup("");
	free(splice.value);
	return *bytes != NULL ? 0 : error_memory(error);
}

int appfile_put_back(const struct appfile *file, const char *bytes, char **data, size_t *length, struct error *error)
{
	return replace(file, bytes, NULL, data, length, error);
}

int appfile_take(const char *path, struct snapshot *snapshot, struct appfile **file, struct error *error)
{
	char where[128];
	int result = snapshot_take(snapshot, path, APPFILE_MAX, error);

	if (result == 0)
		result = appfile_parse(path, snapshot->data, snapshot->length, APPFILE_GLOBAL_OAUTH, file, error);
	if (result == 0 && appfile_has_private_key(*file, where, sizeof(where))) {
		result = error_set(error, ERROR_CONFIG, "%s of %s contains a private key; nothing was written", where,
				   path);
		error_hint(error, "remove the private key, and replace the key pair: it is no longer secret");
	}
	return result;
}
