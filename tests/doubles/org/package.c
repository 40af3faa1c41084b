/* SPDX-License-Identifier: Apache-2.0 */
#include "package.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "xml.h"

enum { FILE_MAX = 1024 * 1024, CERTIFICATE_MAX = 4096, BITS_MIN = 2048 };

static const char manifest_name[] = "package.xml";

/* The name of a component: NAME of folder/NAME.suffix. */
static void component_name(const char *file, char name[256])
{
	const char *slash = strrchr(file, '/');

	snprintf(name, 256, "%s", slash != NULL ? slash + 1 : file);
	name[strcspn(name, ".")] = '\0';
}

void package_fail(cJSON *failures, const char *file, int line, int column, const char *problem)
{
	const struct app_type *type = app_type_of(file);
	cJSON *failure = cJSON_CreateObject();
	char name[256];

	component_name(file, name);
	cJSON_AddStringToObject(failure, "componentType", type != NULL ? type->root : "");
	cJSON_AddStringToObject(failure, "fullName", name);
	cJSON_AddStringToObject(failure, "fileName", file);
	if (line > 0) {
		cJSON_AddNumberToObject(failure, "lineNumber", line);
		cJSON_AddNumberToObject(failure, "columnNumber", column);
	}
	cJSON_AddStringToObject(failure, "problem", problem);
	cJSON_AddStringToObject(failure, "problemType", "Error");
	cJSON_AddBoolToObject(failure, "success", false);
	cJSON_AddItemToArray(failures, failure);
}

/* --- unzipping --------------------------------------------------------------------------------------------------- */

static bool unzip_file(zip_t *zip, zip_uint64_t index, struct app *files)
{
	const char *name = zip_get_name(zip, index, 0);
	zip_file_t *file = zip_fopen_index(zip, index, 0);
	char *data = malloc(FILE_MAX);
	zip_int64_t length = file != NULL && data != NULL ? zip_fread(file, data, FILE_MAX) : -1;
	bool good = name != NULL && length >= 0 && length < FILE_MAX && app_put(files, name, data, (size_t)length) == 0;

	if (file != NULL)
		zip_fclose(file);
	free(data);
	return good;
}

static bool unzip(const void *data, size_t length, struct app *files)
{
	zip_error_t error;
	zip_source_t *source;
	zip_t *zip;
	bool good = true;

	zip_error_init(&error);
	source = zip_source_buffer_create(data, length, 0, &error);
	zip = source != NULL ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
	zip_error_fini(&error);
	if (zip == NULL) {
		zip_source_free(source);
		return false;
	}
	for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0) && good; i++)
		good = unzip_file(zip, (zip_uint64_t)i, files);
	zip_discard(zip);
	return good;
}

/* --- the manifest ------------------------------------------------------------------------------------------------ */

/* Whether the manifest names the component; for NULL, whether it names the type at all. */
static bool is_named(const xmlNode *package, const struct app_type *type, const char *component)
{
	for (const xmlNode *types = xml_next(package, NULL, "types"); types != NULL;
		types = xml_next(package, types, "types")) {
		char *name = xml_text(types, "name");
		bool same = name != NULL && strcmp(name, type->root) == 0;

		xmlFree(name);
		for (xmlNode *member = same ? xml_next(types, NULL, "members") : NULL; member != NULL;
			member = xml_next(types, member, "members")) {
			char *text = (char *)xmlNodeGetContent(member);
			bool found = strcmp(text, "*") == 0 || strcmp(text, component) == 0;

			xmlFree(text);
			if (found)
				return true;
		}
	}
	return false;
}

/* All components that the manifest names must exist. */
static void check_named(const xmlNode *package, const struct app *files, cJSON *failures)
{
	char file[1024], problem[1200];

	for (const xmlNode *types = xml_next(package, NULL, "types"); types != NULL;
		types = xml_next(package, types, "types")) {
		char *name = xml_text(types, "name");
		const struct app_type *type = NULL;

		for (size_t i = 0; i < APP_TYPES && name != NULL; i++)
			type = strcmp(app_types[i].root, name) == 0 ? &app_types[i] : type;
		if (type == NULL) {
			snprintf(problem, sizeof(problem), "Unknown type name '%s' specified in package.xml", name != NULL ? name : "");
			package_fail(failures, manifest_name, 0, 0, problem);
		}
		for (xmlNode *member = type != NULL ? xml_next(types, NULL, "members") : NULL; member != NULL;
			member = xml_next(types, member, "members")) {
			char *text = (char *)xmlNodeGetContent(member);

			snprintf(file, sizeof(file), "%s/%s%s", type->folder, text, type->suffix);
			snprintf(problem, sizeof(problem), "An object '%s' of type %s was named in package.xml, but was not found in "
				"zipped directory", text, type->root);
			if (strcmp(text, "*") != 0 && app_find(files, file) == NULL)
				package_fail(failures, manifest_name, 0, 0, problem);
			xmlFree(text);
		}
		xmlFree(name);
	}
}

/* --- an app's files ---------------------------------------------------------------------------------------------- */

static void check_certificate(const struct app_file *file, cJSON *failures)
{
	struct xml_problem problem;
	xmlDoc *document = xml_read(file->data, file->length, app_type_of(file->name)->root, &problem);
	char *text = xml_text(xmlDocGetRootElement(document), "certificate");
	X509 *certificate = app_file_certificate(file);
	EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;

	if (text != NULL && text[strspn(text, " \t\r\n")] != '\0') {
		if (strlen(text) > CERTIFICATE_MAX)
			package_fail(failures, file->name, 0, 0, "certificate: data value too large");
		else if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < BITS_MIN)
			package_fail(failures, file->name, 0, 0, "certificate: not a valid certificate of an RSA key");
	}
	X509_free(certificate);
	xmlFree(text);
	xmlFreeDoc(document);
}

static void check_required(const xmlNode *root, const struct app_file *file, const char *field, cJSON *failures)
{
	char *text = xml_text(root, field);
	char problem[128];

	snprintf(problem, sizeof(problem), "Required field is missing: %s", field);
	if (text == NULL || *text == '\0')
		package_fail(failures, file->name, 0, 0, problem);
	xmlFree(text);
}

static void check_file(const xmlNode *manifest, const struct app_file *file, cJSON *failures)
{
	const struct app_type *type = app_type_of(file->name);
	struct xml_problem problem;
	char component[256];
	xmlDoc *document;

	if (type == NULL) {
		package_fail(failures, file->name, 0, 0, "Unknown file: no metadata type has it");
		return;
	}
	component_name(file->name, component);
	if (!is_named(manifest, type, component))
		package_fail(failures, file->name, 0, 0, "Not in package.xml");
	document = xml_read(file->data, file->length, type->root, &problem);
	if (document == NULL) {
		package_fail(failures, file->name, problem.line, problem.column, problem.text);
		return;
	}
	if (type != &app_types[0])
		check_required(xmlDocGetRootElement(document), file, "externalClientApplication", failures);
	if (strcmp(type->root, "ExtlClntAppGlobalOauthSettings") == 0) {
		check_required(xmlDocGetRootElement(document), file, "callbackUrl", failures);
		check_certificate(file, failures);
	}
	xmlFreeDoc(document);
}

/* --- the package ------------------------------------------------------------------------------------------------- */

void package_read(const void *zip, size_t length, struct app *files, cJSON *failures)
{
	struct app all = { 0 };
	const struct app_file *manifest;
	struct xml_problem problem = { .line = 0 };
	xmlDoc *document = NULL;

	if (!unzip(zip, length, &all)) {
		package_fail(failures, manifest_name, 0, 0, "The zip cannot be read");
		app_clear(&all);
		return;
	}
	manifest = app_find(&all, manifest_name);
	if (manifest == NULL)
		package_fail(failures, manifest_name, 0, 0, "No package.xml found");
	else if ((document = xml_read(manifest->data, manifest->length, "Package", &problem)) == NULL)
		package_fail(failures, manifest_name, problem.line, problem.column, problem.text);
	for (size_t i = 0; i < all.count && document != NULL; i++) {
		if (&all.files[i] == manifest)
			continue;
		check_file(xmlDocGetRootElement(document), &all.files[i], failures);
		if (app_put(files, all.files[i].name, all.files[i].data, all.files[i].length) != 0)
			package_fail(failures, all.files[i].name, 0, 0, "out of memory");
	}
	if (document != NULL)
		check_named(xmlDocGetRootElement(document), &all, failures);
	xmlFreeDoc(document);
	app_clear(&all);
}
