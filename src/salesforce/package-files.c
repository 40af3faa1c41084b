/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the files of a package. */
#include "salesforce/package-internal.h"

#include "base/beneath.h"
#include "base/file.h"
#include "salesforce/manifest.h"
#include "salesforce/names.h"
#include "salesforce/walk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS_NAMED = 5 };

/* --- one file ---------------------------------------------------------------------------------------------------- */

/* A file that the user named may be a link out of its folder; files found in a folder may not. */
static int read_file(const struct package *package, const char *path, const char *below, size_t limit,
		     struct package_file *file, struct error *error)
{
	*file = (struct package_file){ .name = NULL };
	if (package->folder < 0)
		return file_read(path, limit, &file->data, &file->length, error);
	return beneath_read(package->folder, below, path, limit, &file->data, &file->length, error);
}

/* Adds a file of a folder in metadata format. */
static int add_plain(struct package *package, const char *path, const char *below, struct error *error)
{
	struct manifest manifest;
	struct package_file file;

	if (read_file(package, path, below, PACKAGE_BYTES_MAX, &file, error) < 0)
		return error_result(error);
	if (strcmp(below, PACKAGE_MANIFEST) == 0 &&
	    manifest_parse(path, file.data, file.length, &manifest, error) < 0) {
		package_file_clear(&file);
		return error_result(error);
	}
	file.name = strdup(below);
	file.path = strdup(path);
	return package_add_file(package, file, error);
}

/* The file's name in metadata format: in the folder of its type, without the suffix that source format adds. */
static char *app_file_name(const char *path, enum appfile_type type)
{
	const char *base = basename(path);
	size_t length = strlen(base);
	char *name;

	if (appfile_is_source(path))
		length -= strlen(APPFILE_SOURCE_END);
	return asprintf(&name, "%s/%.*s", appfile_kinds[type].folder, (int)length, base) < 0 ? NULL : name;
}

/* Does not check the content: only the caller knows which apps are deployed (package_apps). */
static int add_app_file(struct package *package, const char *path, const char *below, enum appfile_type type,
			struct error *error)
{
	struct package_file file;

	if (read_file(package, path, below, APPFILE_MAX, &file, error) < 0)
		return error_result(error);
	package->types[type] = true;
	file.name = app_file_name(path, type);
	file.path = strdup(path);
	return package_add_file(package, file, error);
}

static int take_manifest(struct package *package, const char *path, const char *below, struct error *error)
{
	if (read_file(package, path, below, APPFILE_MAX, &package->manifest, error) < 0)
		return error_result(error);
	package->manifest.path = strdup(path);
	package->manifest.name = strdup(PACKAGE_MANIFEST);
	return package->manifest.path != NULL && package->manifest.name != NULL ? 0 : error_memory(error);
}

static bool is_app_folder(const char *path)
{
	const char *base = basename(path);

	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		if (strcmp(base, appfile_kinds[i].folder) == 0)
			return true;
	}
	return false;
}

/* Counts entries that are not read, and keeps the names of links. Fails if a folder of app files is a link out of the
 * package's folder, because the app would be deployed without these files. */
static int skip(struct package *package, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	size_t used = strlen(package->links);

	if (kind != WALK_LINK) {
		package->skipped++;
		return 0;
	}
	if (is_app_folder(path) && beneath_check_folder(package->folder, below, path, error) < 0)
		return error_result(error);
	if (package->link_count++ < LINKS_NAMED)
		snprintf(package->links + used, sizeof(package->links) - used, "%s%s", used > 0 ? ", " : "", below);
	return 0;
}

static int visit(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	struct package *package = context;
	enum appfile_type type;
	bool is_app = appfile_type_of(path, &type), is_manifest = strcmp(below, "manifest/" PACKAGE_MANIFEST) == 0;

	if (!package->whole && !is_manifest) {
		bool left;

		if (leftout_file(package->leftout, path, below, kind != WALK_FILE, &left, error) < 0)
			return error_result(error);
		if (left)
			return kind == WALK_FILE ? 0 : skip(package, path, below, kind, error);
	}
	if (kind == WALK_OTHER) {
		error_set(error, ERROR_CONFIG, "%s is neither a file nor a folder", path);
		error_hint(error, "move it out of the folder that is deployed");
		return -ERROR_CONFIG;
	}
	if (kind == WALK_LINK && beneath_is_folder(package->folder, below))
		return skip(package, path, below, kind, error);
	if (package->whole && names_check(path, error) < 0)
		return error_result(error);
	if (package->whole && is_app && appfile_is_source(path)) {
		error_set(error, ERROR_CONFIG, "%s is in source format, but a folder with " PACKAGE_MANIFEST
			  " must be in metadata format", path);
		error_hint(error, "move " PACKAGE_MANIFEST " into manifest/, or remove " APPFILE_SOURCE_END
			   " from the names of the files");
		return -ERROR_CONFIG;
	}
	if (is_app)
		return add_app_file(package, path, below, type, error);
	return package->whole ? add_plain(package, path, below, error) : take_manifest(package, path, below, error);
}

/* --- the path ---------------------------------------------------------------------------------------------------- */

/* lstat, because a dangling link counts too. */
static bool has_file(const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat status;

	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) && lstat(path, &status) == 0 &&
	       !S_ISDIR(status.st_mode);
}

static int take_folder(struct package *package, const char *path, struct error *error)
{
	package->whole = has_file(path, PACKAGE_MANIFEST) && !has_file(path, "sfdx-project.json");
	if (beneath_open(path, &package->folder, error) < 0 ||
	    (!package->whole && leftout_open(path, &package->leftout, error) < 0) ||
	    walk_files(path, visit, package, &package->skipped, error) < 0 ||
	    (!package->whole && leftout_end(package->leftout, error) < 0))
		return error_result(error);
	if (package->link_count > 0)
		package_add_note(package, "%zu symbolic link%s left out: %s%s", package->link_count,
				 package->link_count == 1 ? "" : "s", package->links,
				 package->link_count > LINKS_NAMED ? ", …" : "");
	if (package->skipped > 0)
		package_add_note(package, "special files, and folders more than %d levels down, left out: %zu",
				 (int)WALK_DEPTH_MAX, package->skipped);
	if (package->count > (package->whole ? 1 : 0))
		return 0;
	error_set(error, ERROR_CONFIG, "there is nothing to deploy in %s: no file of an external client app", path);
	if (!package->whole && leftout_note(package->leftout, 0) != NULL)
		error_append(error, "; %s", leftout_note(package->leftout, 0));
	error_hint(error, "name the app's folder; one in metadata format contains " PACKAGE_MANIFEST);
	return -ERROR_CONFIG;
}

static int take_one(struct package *package, const char *path, struct error *error)
{
	enum appfile_type type;
	bool left;

	if (!appfile_type_of(path, &type)) {
		if (names_check(path, error) == 0) {
			error_set(error, ERROR_CONFIG, "%s is neither a folder nor, by its name, one of an app's files",
				  path);
			error_hint(error, "name the app's folder, or one of its files");
		}
		return error_result(error);
	}
	if (leftout_open(path, &package->leftout, error) < 0 ||
	    leftout_file(package->leftout, path, basename(path), false, &left, error) < 0)
		return error_result(error);
	if (left)
		return error_set(error, ERROR_CONFIG, "there is nothing to deploy: %s",
				 leftout_note(package->leftout, 0));
	return add_app_file(package, path, path, type, error);
}

int package_take(struct package *package, const char *path, struct error *error)
{
	struct stat status;

	if (walk_look(path, &status, error) < 0)
		return error_result(error);
	return S_ISDIR(status.st_mode) ? take_folder(package, path, error) : take_one(package, path, error);
}
