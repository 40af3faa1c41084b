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
		return error_set(error, ERROR_USAGE, "\"%.200s\" is no API version from %d.0, such as 66.0", version,
				 (int)FIRST_VERSION);
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
			fprintf(stream, "    <types>\n        <members>*</members>\n        <name>%s</name>\n    </types>\n",
				appfile_kinds[i].root);
	}
	fprintf(stream, "    <version>%s</version>\n</Package>\n", version);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

static bool is_app_type(const xmlNode *name)
{
	char *text = (char *)xmlNodeGetContent(name);
	bool known = false;

	for (size_t i = 0; i < APPFILE_TYPES && text != NULL && !known; i++)
		known = strcmp(text, appfile_kinds[i].root) == 0;
	xmlFree(text);
	return known;
}

int manifest_read(const char *path, bool *apps_only, struct error *error)
{
	struct appfile *file;

	if (appfile_read(path, APPFILE_MANIFEST, &file, error) < 0)
		return error_result(error);
	*apps_only = true;
	for (xmlNode *types = xmlDocGetRootElement(file->document)->children; types != NULL; types = types->next) {
		if (!appfile_is_field(types, "types"))
			continue;
		for (xmlNode *name = types->children; name != NULL; name = name->next) {
			if (appfile_is_field(name, "name") && !is_app_type(name))
				*apps_only = false;
		}
	}
	appfile_free(&file);
	return 0;
}
