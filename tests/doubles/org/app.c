/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <errno.h>
#include <fts.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

enum { FILE_MAX = 1024 * 1024 };

const struct app_type app_types[APP_TYPES] = {
	{ "ExternalClientApplication", "externalClientApps", ".eca" },
	{ "ExtlClntAppGlobalOauthSettings", "extlClntAppGlobalOauthSets", ".ecaGlblOauth" },
	{ "ExtlClntAppOauthSettings", "extlClntAppOauthSettings", ".ecaOauth" },
	{ "ExtlClntAppOauthConfigurablePolicies", "extlClntAppOauthPolicies", ".ecaOauthPlcy" },
	{ "ExtlClntAppConfigurablePolicies", "extlClntAppPolicies", ".ecaPlcy" },
};
static const struct app_type *const settings_type = &app_types[1];

const struct app_type *app_type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; i < APP_TYPES && dot != NULL; i++) {
		size_t folder = strlen(app_types[i].folder);

		if (strcmp(dot, app_types[i].suffix) == 0 && strncmp(name, app_types[i].folder, folder) == 0 &&
			name[folder] == '/')
			return &app_types[i];
	}
	return NULL;
}

int app_put(struct app *app, const char *name, const void *data, size_t length)
{
	struct app_file file = { strdup(name), malloc(length + 1), length };
	struct app_file *grown;

	X509_free(app->certificate);
	app->certificate = NULL;
	if (file.name == NULL || file.data == NULL)
		goto failed;
	memcpy(file.data, data, length);
	file.data[length] = '\0';
	for (size_t i = 0; i < app->count; i++) {
		if (strcmp(app->files[i].name, name) != 0)
			continue;
		free(app->files[i].name);
		free(app->files[i].data);
		app->files[i] = file;
		return 0;
	}
	grown = realloc(app->files, (app->count + 1) * sizeof(*grown));
	if (grown == NULL)
		goto failed;
	app->files = grown;
	grown[app->count++] = file;
	return 0;
failed:
	free(file.name);
	free(file.data);
	return -1;
}

const struct app_file *app_find(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->count; i++) {
		if (strcmp(app->files[i].name, name) == 0)
			return &app->files[i];
	}
	return NULL;
}

/* Adds a file from disk if it is an app's; `path` ends in folder/NAME.suffix-meta.xml. */
static int load_file(struct app *app, const char *path)
{
	static const char end[] = "-meta.xml";
	const char *slash = strrchr(path, '/');
	char name[512], data[64 * 1024];
	FILE *file;
	size_t length;

	while (slash != NULL && slash > path && slash[-1] != '/')
		slash--;
	snprintf(name, sizeof(name), "%s", slash != NULL ? slash : path);
	length = strlen(name);
	if (length > strlen(end) && strcmp(name + length - strlen(end), end) == 0)
		name[length - strlen(end)] = '\0';
	if (app_type_of(name) == NULL)
		return 0;
	file = fopen(path, "re");
	length = file != NULL ? fread(data, 1, sizeof(data), file) : 0;
	if (file == NULL || ferror(file) != 0 || length == sizeof(data)) {
		fprintf(stderr, "loopback-org: %s cannot be read, or has more than %zu bytes: %s.\n", path, sizeof(data),
			strerror(errno));
		if (file != NULL)
			fclose(file);
		return -1;
	}
	fclose(file);
	return app_put(app, name, data, length);
}

int app_load(struct app *app, const char *folder)
{
	char *copy = strdup(folder), *paths[] = { copy, NULL };
	FTS *tree = copy != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL) : NULL;
	int result = tree != NULL ? 0 : -1;
	FTSENT *entry;

	while (result == 0 && (entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_F)
			result = load_file(app, entry->fts_path);
	}
	if (tree != NULL)
		fts_close(tree);
	free(copy);
	if (result == 0 && app->count == 0) {
		fprintf(stderr, "loopback-org: there is no file of an app in %s.\n", folder);
		return -1;
	}
	return result;
}

static X509 *read_pem(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

static X509 *read_base64(const char *text)
{
	EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
	size_t length = strlen(text);
	unsigned char *der = malloc(length + 4);
	const unsigned char *next = der;
	X509 *certificate = NULL;
	int got = 0, rest = 0;

	if (context != NULL && der != NULL && length < FILE_MAX) {
		EVP_DecodeInit(context);
		if (EVP_DecodeUpdate(context, der, &got, (const unsigned char *)text, (int)length) >= 0 &&
			EVP_DecodeFinal(context, der + got, &rest) == 1)
			certificate = d2i_X509(NULL, &next, got + rest);
	}
	EVP_ENCODE_CTX_free(context);
	free(der);
	return certificate;
}

X509 *app_file_certificate(const struct app_file *file)
{
	struct xml_problem problem;
	xmlDoc *document = xml_read(file->data, file->length, settings_type->root, &problem);
	char *text = document != NULL ? xml_text(xmlDocGetRootElement(document), "certificate") : NULL;
	X509 *certificate = NULL;

	if (text != NULL)
		certificate = strstr(text, "-----BEGIN") != NULL ? read_pem(text + strspn(text, " \t\r\n")) : read_base64(text);
	ERR_clear_error();
	xmlFree(text);
	xmlFreeDoc(document);
	return certificate;
}

X509 *app_certificate(struct app *app)
{
	for (size_t i = 0; i < app->count && app->certificate == NULL; i++) {
		if (app_type_of(app->files[i].name) != settings_type)
			continue;
		app->certificate = app_file_certificate(&app->files[i]);
		break;
	}
	return app->certificate;
}

void app_clear(struct app *app)
{
	for (size_t i = 0; i < app->count; i++) {
		free(app->files[i].name);
		free(app->files[i].data);
	}
	free(app->files);
	X509_free(app->certificate);
	*app = (struct app){ 0 };
}
