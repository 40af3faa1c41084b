/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/package-internal.h"

#include "base/secret.h"
#include "base/text.h"
#include "salesforce/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void package_add_note(struct package *package, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(package->notes[package->note_count++], sizeof(package->notes[0]), format, arguments);
	va_end(arguments);
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static int check_file(const struct package *package, const struct package_file *file, struct error *error)
{
	for (size_t i = 0; i < package->count; i++) {
		if (strcmp(package->files[i].name, file->name) == 0)
			return error_set(error, ERROR_CONFIG, "%s and %s are the same component (%s)",
					 package->files[i].path, file->path, file->name);
	}
	if (text_fault(file->name) != NULL)
		return error_set(error, ERROR_CONFIG, "the name of %s %s", file->path, text_fault(file->name));
	if (package->count == PACKAGE_FILES_MAX || file->length > PACKAGE_BYTES_MAX - package->bytes)
		return error_set(error, ERROR_CONFIG,
				 "a package holds at most %d files and %d bytes; this one would be larger",
				 (int)PACKAGE_FILES_MAX, (int)PACKAGE_BYTES_MAX);
	return 0;
}

void package_file_clear(struct package_file *file)
{
	free(file->name);
	free(file->path);
	wipe_free(file->data); /* settings files hold secrets */
}

int package_add_file(struct package *package, struct package_file file, struct error *error)
{
	struct package_file *grown = NULL;

	if (file.name != NULL && file.path != NULL) {
		if (check_file(package, &file, error) < 0) {
			package_file_clear(&file);
			return error_result(error);
		}
		grown = realloc(package->files, (package->count + 1) * sizeof(*grown));
	}
	if (grown == NULL) {
		package_file_clear(&file);
		return error_memory(error);
	}
	package->files = grown;
	grown[package->count++] = file;
	package->bytes += file.length;
	return 0;
}

/* --- the manifest ------------------------------------------------------------------------------------------------ */

static int make_manifest(struct package *package, const char *version, struct error *error)
{
	struct package_file file = { .data = manifest_make(package->types, version) };

	if (file.data == NULL)
		return error_memory(error);
	file.length = strlen(file.data);
	file.name = strdup(PACKAGE_MANIFEST);
	file.path = strdup(PACKAGE_MANIFEST);
	return package_add_file(package, file, error);
}

/* A project's manifest is not used if it names other metadata, which the org would miss, or omits a type in the
 * package, whose files the org would ignore. */
static int add_manifest(struct package *package, const char *version, struct error *error)
{
	struct package_file file = package->manifest;
	struct manifest manifest;
	const char *missing = NULL;

	if (file.path == NULL)
		return make_manifest(package, version, error);
	if (manifest_parse(file.path, file.data, file.length, &manifest, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < APPFILE_TYPES && missing == NULL; i++)
		missing = package->types[i] && !manifest.types[i] ? appfile_kinds[i].root : NULL;
	if (manifest.other[0] == '\0' && missing == NULL) {
		package->manifest = (struct package_file){ .name = NULL };
		return package_add_file(package, file, error);
	}
	if (manifest.other[0] != '\0')
		package_add_note(package, "%s is not used: it names %s", file.path, manifest.other);
	else
		package_add_note(package, "%s is not used: it does not name %s", file.path, missing);
	return make_manifest(package, version, error);
}

/* --- the package ------------------------------------------------------------------------------------------------- */

int package_apps(const struct package *package, struct apps *apps, struct error *error)
{
	memset(apps, 0, sizeof(*apps));
	for (size_t i = 0; i < package->count; i++) {
		const struct package_file *file = &package->files[i];
		enum appfile_type type;

		if (appfile_type_of(file->path, &type) &&
		    apps_add(apps, file->path, type, file->data, file->length, error) < 0)
			return error_result(error);
	}
	apps->is_folder = apps->count > 1;
	return apps_assign(apps, error);
}

/* Removes the files of other apps, and the project's manifest, which covers all apps. In source format, every file
 * belongs to an app. */
static int keep_app(struct package *package, const char *path, const char *name, struct error *error)
{
	struct apps apps;
	const char *app = NULL;
	size_t kept = 0;
	int result;

	if (package->whole)
		return error_set(error, ERROR_CONFIG,
				 "%s is in metadata format and deployed as a whole: --app cannot select a part", path);
	result = package_apps(package, &apps, error);
	if (result == 0)
		result = apps_select(&apps, path, name, &app, error);
	if (result == 0)
		memset(package->types, 0, sizeof(package->types));
	for (size_t i = 0; result == 0 && i < apps.count; i++) {
		if (apps.list[i].app == app) {
			package->types[apps.list[i].type] = true;
			package->files[kept++] = package->files[i];
		} else {
			package_file_clear(&package->files[i]);
		}
	}
	if (result == 0) {
		package->count = kept;
		package_file_clear(&package->manifest);
		package->manifest = (struct package_file){ .name = NULL };
	}
	apps_clear(&apps);
	return result;
}

int package_make(const char *path, const char *app, const char *api_version, struct package **package,
		 struct error *error)
{
	struct package *fresh = calloc(1, sizeof(*fresh));
	int result;

	*package = NULL;
	if (fresh == NULL)
		return error_memory(error);
	fresh->folder = -1;
	result = package_take(fresh, path, error);
	if (result == 0 && app != NULL)
		result = keep_app(fresh, path, app, error);
	if (result == 0 && !fresh->whole)
		result = add_manifest(fresh, api_version, error);
	if (result == 0)
		result = package_zip_make(fresh->files, fresh->count, &fresh->zip, &fresh->zip_length, error);
	if (result == 0)
		package_add_note(fresh, "%zu file%s in %s, %zu bytes zipped", fresh->count,
				 fresh->count == 1 ? "" : "s", fresh->whole ? "metadata format" : "the package",
				 fresh->zip_length);
	if (result < 0)
		package_free(&fresh);
	*package = fresh;
	return result;
}

void package_free(struct package **package)
{
	struct package *old = *package;

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++)
		package_file_clear(&old->files[i]);
	free(old->files);
	package_file_clear(&old->manifest);
	leftout_free(&old->leftout);
	if (old->folder >= 0)
		close(old->folder);
	wipe_free(old->zip);
	free(old);
	*package = NULL;
}

const void *package_zip(const struct package *package, size_t *length)
{
	*length = package->zip_length;
	return package->zip;
}

const char *package_note(const struct package *package, size_t index)
{
	size_t own = package->note_count;

	if (index < own)
		return package->notes[index];
	return package->leftout != NULL ? leftout_note(package->leftout, index - own) : NULL;
}

const char *package_file(const struct package *package, size_t index, const char **data, size_t *length)
{
	if (index >= package->count)
		return NULL;
	*data = package->files[index].data;
	*length = package->files[index].length;
	return package->files[index].path;
}

const char *package_source(const struct package *package, const char *name)
{
	for (size_t i = 0; i < package->count; i++) {
		if (strcmp(package->files[i].name, name) == 0)
			return package->files[i].path;
	}
	return name;
}
