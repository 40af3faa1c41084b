/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/manifest.h"

#include "salesforce/appfile-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_VERSION = 60 };

int manifest_check_version(const char *version, struct error *error)
{
	size_t digits = strspn(version, "0123456789");

	if (digits < 2 || digits > 3 || strcmp(version + digits, ".0") != 0 || atoi(version) < FIRST_VERSION)
		return error_set(error, ERROR_USAGE, "\"%.200s\" is not an API version of %d.0 or later, such as 66.0",
				 version, (int)FIRST_VERSION);
	return 0;
}

char *manifest_make(const bool wanted[APPFILE_TYPES], const char *version)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (stream == NULL)
		return NULL;
	fprintf(stream, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package xmlns=\"" APPFILE_NAMESPACE "\">\n");
	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		if (wanted[i])
			fprintf(stream,
				"    <types>\n        <members>*</members>\n        <name>%s</name>\n    </types>\n",
				appfile_kinds[i].root);
	}
	fprintf(stream, "    <version>%s</version>\n</Package>\n", version);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

static void take_name(struct manifest *manifest, const xmlNode *node)
{
	xmlChar *content = xmlNodeGetContent(node);
	const char *name = content != NULL ? (const char *)content : "";
	int length;

	name += strspn(name, " \t\r\n");
	length = (int)strcspn(name, " \t\r\n");
	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		if (strncmp(name, appfile_kinds[i].root, (size_t)length) == 0 &&
		    appfile_kinds[i].root[length] == '\0') {
			manifest->types[i] = true;
			length = 0;
		}
	}
	if (length > 0 && manifest->other[0] == '\0')
		snprintf(manifest->other, sizeof(manifest->other), "%.*s", length, name);
	xmlFree(content);
}

int manifest_parse(const char *path, const char *data, size_t length, struct manifest *manifest, struct error *error)
{
	struct appfile *file;

	memset(manifest, 0, sizeof(*manifest));
	if (appfile_parse(path, data, length, APPFILE_MANIFEST, &file, error) < 0)
		return error_result(error);
	for (xmlNode *types = xmlDocGetRootElement(file->document)->children; types != NULL; types = types->next) {
		if (!appfile_is_field(types, "types"))
			continue;
		for (xmlNode *name = types->children; name != NULL; name = name->next) {
			if (appfile_is_field(name, "name"))
				take_name(manifest, name);
		}
	}
	appfile_free(&file);
	return 0;
}
