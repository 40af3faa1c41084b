/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/package.h"

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "salesforce/manifest.h"
#include "salesforce/walk.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

/* The org's limits (Metadata API Developer Guide, "Metadata Limits"). */
enum {
	FILES_MAX = 10000,
	BYTES_MAX = 600000000,
	ZIP_MAX = 39 * 1024 * 1024,
};

#define MANIFEST "package.xml"

struct file {
	char *name; /* in the package */
	char *path;
	char *data;
	size_t length;
};

struct package {
	struct file *files;
	size_t count, bytes;
	bool whole;                /* in metadata format: every file belongs to it */
	bool types[APPFILE_TYPES]; /* which are there */
	char *manifest;            /* path of one in source format, or NULL */
	size_t others, skipped;    /* files of other metadata; what walk_files has left out */
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

static int check_file(const struct package *package, const struct file *file, struct error *error)
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

static void file_clear(struct file *file)
{
	free(file->name);
	free(file->path);
	wipe_free(file->data); /* settings files hold secrets */
}

/* Takes over name, path and data, also when it fails. */
static int add_file(struct package *package, struct file file, struct error *error)
{
	struct file *grown = NULL;

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

static int add_plain(struct package *package, const char *path, const char *name, struct error *error)
{
	struct file file = { .name = NULL };

	if (file_read(path, BYTES_MAX, &file.data, &file.length, error) < 0)
		return error_result(error);
	file.name = strdup(name);
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

static int add_app_file(struct package *package, const char *path, enum appfile_type type, struct error *error)
{
	struct file file = { .name = NULL };
	struct appfile *parsed;

	if (file_read(path, APPFILE_MAX, &file.data, &file.length, error) < 0)
		return error_result(error);
	if (appfile_parse(path, file.data, file.length, type, &parsed, error) < 0) {
		wipe_free(file.data);
		return error_result(error);
	}
	appfile_free(&parsed);
	package->types[type] = true;
	file.name = app_file_name(path, type);
	file.path = strdup(path);
	return add_file(package, file, error);
}

static int visit(void *context, const char *path, const char *below, struct error *error)
{
	struct package *package = context;
	enum appfile_type type;

	if (appfile_type_of(path, &type)) {
		if (package->whole && appfile_is_source(path)) {
			error_set(error, ERROR_CONFIG, "%s is in source format, and beside the folder's " MANIFEST " all should be in "
				  "metadata format", path);
			error_hint(error, "move " MANIFEST " into manifest/, or take " APPFILE_SOURCE_END " off the names of the files");
			return -ERROR_CONFIG;
		}
		return add_app_file(package, path, type, error);
	}
	if (package->whole) {
		struct manifest manifest;

		if (strcmp(below, MANIFEST) == 0 && manifest_read(path, &manifest, error) < 0)
			return error_result(error);
		return add_plain(package, path, below, error);
	}
	if (strcmp(below, "manifest/" MANIFEST) != 0)
		package->others++;
	else if ((package->manifest = strdup(path)) == NULL)
		return error_memory(error);
	return 0;
}

/* --- the manifest ------------------------------------------------------------------------------------------------ */

static int make_manifest(struct package *package, const char *version, struct error *error)
{
	struct file file = { .data = manifest_make(package->types, version) };

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

	if (package->manifest == NULL)
		return make_manifest(package, version, error);
	if (manifest_read(package->manifest, &manifest, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < APPFILE_TYPES && manifest.other[0] == '\0'; i++) {
		if (package->types[i] && !manifest.types[i]) {
			add_note(package, "%s is not used: it does not name %s", package->manifest, appfile_kinds[i].root);
			return make_manifest(package, version, error);
		}
	}
	if (manifest.other[0] == '\0')
		return add_plain(package, package->manifest, MANIFEST, error);
	add_note(package, "%s is not used: it names %s", package->manifest, manifest.other);
	return make_manifest(package, version, error);
}

/* --- the zip ----------------------------------------------------------------------------------------------------- */

static bool fill_zip(zip_t *zip, const struct package *package)
{
	for (size_t i = 0; i < package->count; i++) {
		const struct file *file = &package->files[i];
		zip_source_t *source = zip_source_buffer(zip, file->data, file->length, 0);
		zip_int64_t index = source != NULL ? zip_file_add(zip, file->name, source, ZIP_FL_ENC_UTF_8) : -1;

		if (index < 0) {
			zip_source_free(source);
			return false;
		}
		/* The same files make the same package; a zip's time begins in 1980. */
		if (zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 1 << 5 | 1, 0) < 0)
			return false;
	}
	return true;
}

static bool take_zip(struct package *package, zip_source_t *source)
{
	zip_stat_t status;
	bool taken = false;

	if (zip_source_stat(source, &status) < 0 || (status.valid & ZIP_STAT_SIZE) == 0 || zip_source_open(source) < 0)
		return false;
	package->zip = malloc(status.size + 1);
	package->zip_length = status.size;
	if (package->zip != NULL)
		taken = zip_source_read(source, package->zip, status.size) == (zip_int64_t)status.size;
	zip_source_close(source);
	return taken;
}

static int make_zip(struct package *package, struct error *error)
{
	zip_error_t why;
	zip_source_t *source;
	zip_t *zip = NULL;
	int result = 0;

	zip_error_init(&why);
	source = zip_source_buffer_create(NULL, 0, 0, &why);
	if (source != NULL)
		zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &why);
	if (zip == NULL) {
		zip_source_free(source);
		result = error_set(error, ERROR_UNEXPECTED, "cannot make the package: %s", zip_error_strerror(&why));
		zip_error_fini(&why);
		return result;
	}
	zip_error_fini(&why);
	zip_source_keep(source); /* zip_close lets go of it */
	if (!fill_zip(zip, package) || zip_close(zip) < 0) {
		result = error_set(error, ERROR_UNEXPECTED, "cannot make the package: %s", zip_strerror(zip));
		zip_discard(zip);
	} else if (!take_zip(package, source)) {
		result = error_memory(error);
	}
	zip_source_free(source);
	if (result == 0 && package->zip_length > ZIP_MAX)
		result = error_set(error, ERROR_CONFIG, "the package has %zu bytes zipped, and the org takes %d",
				   package->zip_length, (int)ZIP_MAX);
	return result;
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
	if (walk_files(path, visit, package, &package->skipped, error) < 0)
		return error_result(error);
	if (package->others > 0)
		add_note(package, "%zu file%s of other metadata left out", package->others, package->others == 1 ? "" : "s");
	if (package->skipped > 0)
		add_note(package, "%zu of what is no file, is a link to a folder, or lies too deep left out", package->skipped);
	if (package->count > (package->whole ? 1 : 0))
		return 0;
	error_set(error, ERROR_CONFIG, "there is nothing to deploy in %s: no file of an external client app", path);
	error_hint(error, "a folder in metadata format has " MANIFEST " in it");
	return -ERROR_CONFIG;
}

static int take(struct package *package, const char *path, struct error *error)
{
	enum appfile_type type;
	struct stat status;

	if (stat(path, &status) < 0)
		return error_set(error, ERROR_CONFIG, "cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return take_folder(package, path, error);
	if (!S_ISREG(status.st_mode) || !appfile_type_of(path, &type))
		return error_set(error, ERROR_CONFIG, "%s is neither a folder nor one of an app's files by its name", path);
	return add_app_file(package, path, type, error);
}

int package_make(const char *path, const char *api_version, struct package **package, struct error *error)
{
	struct package *fresh = calloc(1, sizeof(*fresh));
	int result;

	*package = NULL;
	if (fresh == NULL)
		return error_memory(error);
	result = take(fresh, path, error);
	if (result == 0 && !fresh->whole)
		result = add_manifest(fresh, api_version, error);
	if (result == 0)
		result = make_zip(fresh, error);
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
	free(old->manifest);
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
	return index < package->note_count ? package->notes[index] : NULL;
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
