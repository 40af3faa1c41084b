/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/package.h"

#include "base/beneath.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "salesforce/leftout.h"
#include "salesforce/manifest.h"
#include "salesforce/names.h"
#include "salesforce/package-zip.h"
#include "salesforce/walk.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The org's limits (Metadata API Developer Guide, "Metadata Limits"). */
enum {
	FILES_MAX = 10000,
	BYTES_MAX = 600000000,
};

#define MANIFEST "package.xml"

struct package {
	struct package_file *files;
	size_t count, bytes;
	bool whole;                /* in metadata format: every file belongs to it */
	bool types[APPFILE_TYPES]; /* which are there */
	int folder;                /* what the files are in, or -1 */
	struct package_file manifest;      /* one in source format; its path is NULL when there is none */
	struct leftout *leftout;   /* in source format */
	size_t skipped;            /* links to folders and the like */
	char *zip;
	size_t zip_length;
	char notes[4][256];
	size_t note_count;
};

__attribute__((format(printf, 2, 3))) static void add_note(struct package *package, const char *format, ...)
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
			return error_set(error, ERROR_CONFIG, "%s and %s are the same component (%s)", package->files[i].path,
					 file->path, file->name);
	}
	if (text_fault(file->name) != NULL)
		return error_set(error, ERROR_CONFIG, "the name of %s %s", file->path, text_fault(file->name));
	if (package->count == FILES_MAX || file->length > BYTES_MAX - package->bytes)
		return error_set(error, ERROR_CONFIG, "a package has at most %d files and %d bytes, and this would be more",
				 (int)FILES_MAX, (int)BYTES_MAX);
	return 0;
}

static void file_clear(struct package_file *file)
{
	free(file->name);
	free(file->path);
	wipe_free(file->data); /* settings files hold secrets */
}

/* Takes over name, path and data, also when it fails. */
static int add_file(struct package *package, struct package_file file, struct error *error)
{
	struct package_file *grown = NULL;

	if (file.name != NULL && file.path != NULL) {
		if (check_file(package, &file, error) < 0) {
			file_clear(&file);
			return error_result(error);
		}
		grown = realloc(package->files, (package->count + 1) * sizeof(*grown));
	}
	if (grown == NULL) {
		file_clear(&file);
		return error_memory(error);
	}
	package->files = grown;
	grown[package->count++] = file;
	package->bytes += file.length;
	return 0;
}

/* A file that was named by itself may be a link to wherever; one of a folder leads nowhere else. */
static int read_file(const struct package *package, const char *path, const char *below, size_t limit,
		     struct package_file *file, struct error *error)
{
	*file = (struct package_file){ .name = NULL };
	if (package->folder < 0)
		return file_read(path, limit, &file->data, &file->length, error);
	return beneath_read(package->folder, below, path, limit, &file->data, &file->length, error);
}

/* Of a folder in metadata format. */
static int add_plain(struct package *package, const char *path, const char *below, struct error *error)
{
	struct manifest manifest;
	struct package_file file;

	if (read_file(package, path, below, BYTES_MAX, &file, error) < 0)
		return error_result(error);
	if (strcmp(below, MANIFEST) == 0 && manifest_parse(path, file.data, file.length, &manifest, error) < 0) {
		file_clear(&file);
		return error_result(error);
	}
	file.name = strdup(below);
	file.path = strdup(path);
	return add_file(package, file, error);
}

/* Where metadata format has the file: in the folder of its type, and without the end that source format adds. */
static char *app_file_name(const char *path, enum appfile_type type)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	size_t length = strlen(base);
	char *name;

	if (appfile_is_source(path))
		length -= strlen(APPFILE_SOURCE_END);
	return asprintf(&name, "%s/%.*s", appfile_kinds[type].folder, (int)length, base) < 0 ? NULL : name;
}

static int add_app_file(struct package *package, const char *path, const char *below, enum appfile_type type,
			struct error *error)
{
	struct appfile *parsed;
	struct package_file file;

	if (read_file(package, path, below, APPFILE_MAX, &file, error) < 0)
		return error_result(error);
	if (appfile_parse(path, file.data, file.length, type, &parsed, error) < 0) {
		file_clear(&file);
		return error_result(error);
	}
	appfile_free(&parsed);
	package->types[type] = true;
	file.name = app_file_name(path, type);
	file.path = strdup(path);
	return add_file(package, file, error);
}

static int take_manifest(struct package *package, const char *path, const char *below, struct error *error)
{
	if (read_file(package, path, below, APPFILE_MAX, &package->manifest, error) < 0)
		return error_result(error);
	package->manifest.path = strdup(path);
	package->manifest.name = strdup(MANIFEST);
	return package->manifest.path != NULL && package->manifest.name != NULL ? 0 : error_memory(error);
}

static int visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	struct package *package = context;
	enum appfile_type type;
	bool is_app = appfile_type_of(path, &type), is_manifest = strcmp(below, "manifest/" MANIFEST) == 0;

	if (!package->whole && !is_manifest) {
		bool left;

		if (leftout_file(package->leftout, path, below, kind != WALK_FILE, &left, error) < 0)
			return error_result(error);
		package->skipped += left && kind != WALK_FILE ? 1 : 0;
		if (left)
			return 0;
	}
	if (kind == WALK_OTHER)
		return error_set(error, ERROR_CONFIG, "%s is neither a file nor a folder", path);
	if (kind == WALK_LINK && beneath_is_folder(package->folder, below)) {
		package->skipped++;
		return 0;
	}
	if (package->whole && names_check(path, error) < 0)
		return error_result(error);
	if (package->whole && is_app && appfile_is_source(path)) {
		error_set(error, ERROR_CONFIG, "%s is in source format, and beside the folder's " MANIFEST " all should be in "
			  "metadata format", path);
		error_hint(error, "move " MANIFEST " into manifest/, or take " APPFILE_SOURCE_END " off the names of the files");
		return -ERROR_CONFIG;
	}
	if (is_app)
		return add_app_file(package, path, below, type, error);
	return package->whole ? add_plain(package, path, below, error) : take_manifest(package, path, below, error);
}

/* --- the manifest ------------------------------------------------------------------------------------------------ */

static int make_manifest(struct package *package, const char *version, struct error *error)
{
	struct package_file file = { .data = manifest_make(package->types, version) };

	if (file.data == NULL)
		return error_memory(error);
	file.length = strlen(file.data);
	file.name = strdup(MANIFEST);
	file.path = strdup(MANIFEST);
	return add_file(package, file, error);
}

/* A project's manifest may name more than this package has, and the org would miss it; or less, and the org would pass over
 * what is not named. */
static int add_manifest(struct package *package, const char *version, struct error *error)
{
	struct manifest manifest;

	if (package->manifest.path == NULL)
		return make_manifest(package, version, error);
	if (manifest_parse(package->manifest.path, package->manifest.data, package->manifest.length, &manifest, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < APPFILE_TYPES && manifest.other[0] == '\0'; i++) {
		if (package->types[i] && !manifest.types[i]) {
			add_note(package, "%s is not used: it does not name %s", package->manifest.path, appfile_kinds[i].root);
			return make_manifest(package, version, error);
		}
	}
	if (manifest.other[0] == '\0') {
		struct package_file file = package->manifest;

		package->manifest = (struct package_file){ .name = NULL };
		return add_file(package, file, error);
	}
	add_note(package, "%s is not used: it names %s", package->manifest.path, manifest.other);
	return make_manifest(package, version, error);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) && stat(path, &status) == 0;
}

static int take_folder(struct package *package, const char *path, struct error *error)
{
	package->whole = has_file(path, MANIFEST) && !has_file(path, "sfdx-project.json");
	if (beneath_open(path, &package->folder, error) < 0 ||
	    (!package->whole && leftout_open(path, &package->leftout, error) < 0) ||
	    walk_files(path, visit, package, &package->skipped, error) < 0 ||
	    (!package->whole && leftout_end(package->leftout, error) < 0))
		return error_result(error);
	if (package->skipped > 0)
		add_note(package, "%zu of what is no file, is a link to a folder, or lies too deep left out", package->skipped);
	if (package->count > (package->whole ? 1 : 0))
		return 0;
	error_set(error, ERROR_CONFIG, "there is nothing to deploy in %s: no file of an external client app", path);
	if (!package->whole && leftout_note(package->leftout, 0) != NULL)
		error_append(error, "; %s", leftout_note(package->leftout, 0));
	error_hint(error, "a folder in metadata format has " MANIFEST " in it");
	return -ERROR_CONFIG;
}

static int take_one(struct package *package, const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	enum appfile_type type;
	bool left;

	if (!appfile_type_of(path, &type)) {
		if (names_check(path, error) == 0)
			error_set(error, ERROR_CONFIG, "%s is neither a folder nor one of an app's files by its name", path);
		return error_result(error);
	}
	if (leftout_open(path, &package->leftout, error) < 0 ||
	    leftout_file(package->leftout, path, slash != NULL ? slash + 1 : path, false, &left, error) < 0)
		return error_result(error);
	if (left)
		return error_set(error, ERROR_CONFIG, "there is nothing to deploy: %s", leftout_note(package->leftout, 0));
	return add_app_file(package, path, path, type, error);
}

static int take(struct package *package, const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(error, ERROR_CONFIG, "cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return take_folder(package, path, error);
	if (!S_ISREG(status.st_mode))
		return error_set(error, ERROR_CONFIG, "%s is neither a file nor a folder", path);
	return take_one(package, path, error);
}

int package_apps(const struct package *package, struct apps *apps, struct error *error)
{
	memset(apps, 0, sizeof(*apps));
	for (size_t i = 0; i < package->count; i++) {
		const struct package_file *file = &package->files[i];
		enum appfile_type type;

		if (appfile_type_of(file->path, &type) && apps_add(apps, file->path, type, file->data, file->length, error) < 0)
			return error_result(error);
	}
	apps->is_folder = apps->count > 1;
	apps_assign(apps);
	return 0;
}

/* Drops what is of other apps. In source format there are none but files of apps; the manifest of a project is that of all of
 * them. */
static int keep_app(struct package *package, const char *path, const char *name, struct error *error)
{
	struct apps apps;
	const char *app = NULL;
	size_t kept = 0;
	int result;

	if (package->whole)
		return error_set(error, ERROR_CONFIG, "%s is in metadata format and deployed as a whole: no app can be picked", path);
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
			file_clear(&package->files[i]);
		}
	}
	if (result == 0) {
		package->count = kept;
		file_clear(&package->manifest);
		package->manifest = (struct package_file){ .name = NULL };
	}
	apps_clear(&apps);
	return result;
}

int package_make(const char *path, const char *app, const char *api_version, struct package **package, struct error *error)
{
	struct package *fresh = calloc(1, sizeof(*fresh));
	int result;

	*package = NULL;
	if (fresh == NULL)
		return error_memory(error);
	fresh->folder = -1;
	result = take(fresh, path, error);
	if (result == 0 && app != NULL)
		result = keep_app(fresh, path, app, error);
	if (result == 0 && !fresh->whole)
		result = add_manifest(fresh, api_version, error);
	if (result == 0)
		result = package_zip_make(fresh->files, fresh->count, &fresh->zip, &fresh->zip_length, error);
	if (result == 0)
		add_note(fresh, "%zu file%s in %s, %zu bytes zipped", fresh->count, fresh->count == 1 ? "" : "s",
			 fresh->whole ? "metadata format" : "the package", fresh->zip_length);
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
		file_clear(&old->files[i]);
	free(old->files);
	file_clear(&old->manifest);
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
