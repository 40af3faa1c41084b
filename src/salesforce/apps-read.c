/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of apps. */
#include "salesforce/apps.h"

#include "base/file.h"
#include "base/secret.h"
#include "salesforce/walk.h"
#include "x509/x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's name without folder and suffix. */
static char *base_of(const char *path, enum appfile_type type)
{
	const char *base = basename(path);
	size_t length = strlen(base);

	if (appfile_is_source(base))
		length -= strlen(APPFILE_SOURCE_END);
	if (appfile_has_suffix(base, type))
		length -= strlen(appfile_kinds[type].suffix);
	return strndup(base, length);
}

static void file_clear(struct apps_file *file)
{
	appfile_free(&file->file);
	free(file->path);
	free(file->why);
	free(file->base);
	free(file->names);
}

int apps_add(struct apps *apps, const char *path, enum appfile_type type, const char *data, size_t length,
	     struct error *error)
{
	struct apps_file file = { .path = strdup(path), .type = type, .base = base_of(path, type) };
	struct apps_file *grown = realloc(apps->list, (apps->count + 1) * sizeof(*grown));
	const char *names = NULL;
	struct error why;

	if (grown != NULL)
		apps->list = grown;
	if (grown == NULL || file.path == NULL || file.base == NULL) {
		file_clear(&file);
		return error_memory(error);
	}
	if (appfile_parse(path, data, length, type, &file.file, &why) < 0) {
		file.why = strdup(why.text);
		file.leaks = x509_has_private_key(data, length);
		if (file.why == NULL || why.class != ERROR_CONFIG) {
			file_clear(&file);
			return error_memory(error);
		}
	} else if (type != APPFILE_APP) {
		names = appfile_value(file.file, "externalClientApplication");
	}
	file.names = names != NULL && *names != '\0' ? strdup(names) : NULL;
	apps->list[apps->count++] = file;
	return 0;
}

void apps_clear(struct apps *apps)
{
	for (size_t i = 0; i < apps->count; i++)
		file_clear(&apps->list[i]);
	free(apps->list);
	free(apps->names);
	memset(apps, 0, sizeof(*apps));
}

static int read_file(struct apps *apps, const char *path, enum appfile_type type, struct error *error)
{
	struct error why;
	size_t length;
	char *data;
	int result;

	if (file_read(path, APPFILE_MAX, &data, &length, &why) < 0) {
		result = apps_add(apps, path, type, "", 0, error);
		if (result == 0) {
			struct apps_file *file = &apps->list[apps->count - 1];

			free(file->why);
			file->why = strdup(why.text);
			result = file->why != NULL ? 0 : error_memory(error);
		}
		return result;
	}
	result = apps_add(apps, path, type, data, length, error);
	wipe_free(data);
	return result;
}

static int visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	enum appfile_type type;

	(void)below;
	return appfile_type_of(path, &type) && walk_is_file(path, kind) ? read_file(context, path, type, error) : 0;
}

/* Returns the parent of the file's folder, which holds the folders of all types, if the file is in the folder of its
 * type; else NULL. The caller frees it. */
static char *folder_of(const char *path, enum appfile_type type)
{
	const char *folder = appfile_kinds[type].folder;
	char *copy = path[0] == '/' || strchr(path, '/') != NULL ? strdup(path) : NULL, *slash;
	size_t length;

	if (copy == NULL)
		return NULL;
	*strrchr(copy, '/') = '\0';
	length = strlen(copy);
	if (strcmp(copy, folder) == 0) {
		free(copy); /* the path is "FOLDER/FILE" */
		return strdup(".");
	}
	slash = length > strlen(folder) ? copy + length - strlen(folder) - 1 : NULL;
	if (slash == NULL || *slash != '/' || strcmp(slash + 1, folder) != 0) {
		free(copy);
		return NULL;
	}
	slash[slash == copy ? 1 : 0] = '\0';
	return copy;
}

/* Reads the folders of all types in `root`. The file that was asked for keeps the path that the user gave. */
static int read_around(struct apps *apps, const char *root, const char *path, const struct stat *asked, size_t *index,
		       struct error *error)
{
	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		struct stat status;
		char *folder;
		int result = 0;

		if (asprintf(&folder, "%s/%s", root, appfile_kinds[i].folder) < 0)
			return error_memory(error);
		if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
			result = walk_files(folder, visit, apps, NULL, error);
		free(folder);
		if (result < 0)
			return result;
	}
	for (*index = 0; *index < apps->count; (*index)++) {
		struct apps_file *file = &apps->list[*index];
		struct stat status;

		if (stat(file->path, &status) < 0 || status.st_ino != asked->st_ino || status.st_dev != asked->st_dev)
			continue;
		free(file->path);
		file->path = strdup(path);
		return file->path != NULL ? 0 : error_memory(error);
	}
	return error_set(error, ERROR_CONFIG, "cannot find %s in its folder again", path);
}

static int read_one(struct apps *apps, const char *path, const struct stat *status, struct error *error)
{
	enum appfile_type type;
	bool is_known = appfile_type_of(path, &type);
	char *root = is_known ? folder_of(path, type) : NULL;
	size_t index = 0;
	int result;

	apps->is_folder = root != NULL;
	if (root != NULL)
		result = read_around(apps, root, path, status, &index, error);
	else
		result = read_file(apps, path, is_known ? type : APPFILE_GLOBAL_OAUTH, error);
	free(root);
	if (result == 0)
		result = apps_assign(apps, error);
	if (result == 0)
		apps->inside = apps->list[index].app;
	return result;
}

int apps_read(struct apps *apps, const char *path, struct error *error)
{
	struct stat status;
	int result;

	memset(apps, 0, sizeof(*apps));
	if (walk_look(path, &status, error) < 0)
		return error_result(error);
	if (S_ISREG(status.st_mode))
		return read_one(apps, path, &status, error);
	apps->is_folder = true;
	result = walk_files(path, visit, apps, NULL, error);
	return result == 0 ? apps_assign(apps, error) : result;
}
