/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the files of a new app. The user names the folder, but its content may come from someone else's repository, so
 * no link in it is followed. */
#include "salesforce/template.h"

#include "base/file-hint.h"
#include "process/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int full_path(char path[PATH_MAX], const char *folder, const char *name, struct error *error)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return error_set(error, ERROR_USAGE, "the path %.64s… is too long", folder);
	return 0;
}

/* Cuts the path after the folder, and returns the name. */
static char *cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	return slash + 1;
}

static int refuse(const char *path, const struct stat *status, const char *why, struct error *error)
{
	if (S_ISLNK(status->st_mode))
		why = "a link, which \"app init\" does not follow";
	error_set(error, ERROR_CONFIG, "%s is %s; nothing is written", path, why);
	error_hint(error, "remove it, or give another --dir");
	return -ERROR_CONFIG;
}

/* Checks a path before the first file is written. Writing does not rely on this check. */
static int check_way(const struct template_file *file, const char *folder, bool force, struct error *error)
{
	char path[PATH_MAX], parent[PATH_MAX];
	struct stat status;

	if (full_path(path, folder, file->path, error) < 0)
		return error_result(error);
	snprintf(parent, sizeof(parent), "%s", path);
	cut_name(parent);
	if (lstat(parent, &status) == 0 && !S_ISDIR(status.st_mode))
		return refuse(parent, &status, "not a folder", error);
	if (lstat(path, &status) < 0)
		return 0;
	if (!force) {
		error_set(error, ERROR_CONFIG, "%s already exists; nothing is written", path);
		error_hint(error,
			   "overwrite it with --force, or change only its certificate with \"p11bearer app set-cert\"");
		return -ERROR_CONFIG;
	}
	if (S_ISREG(status.st_mode))
		return 0;
	return refuse(path, &status, "not a regular file", error);
}

/* mkdir -p. */
static int make_folders(const char *folder, struct error *error)
{
	char path[PATH_MAX];
	struct stat status;

	if (full_path(path, folder, "", error) < 0)
		return error_result(error);
	/* A shell has not expanded this "~". Do not make a folder called "~". */
	path[strcspn(path, "/")] = '\0';
	if (path[0] == '~' && stat(path, &status) < 0)
		return file_cannot("make the folder", folder, FILE_WRITE, ERROR_UNEXPECTED, error);
	path[strlen(path)] = '/';
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return file_cannot("make the folder", path, FILE_WRITE, ERROR_UNEXPECTED, error);
		*slash = '/';
	}
	return 0;
}

/* Sets the error from errno. */
static int cannot_use(const char *what, const char *folder, const char *below, struct error *error)
{
	int number = errno;
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, below);
	errno = number;
	return file_cannot(what, path, FILE_WRITE, ERROR_UNEXPECTED, error);
}

static int write_one(const struct template_file *file, int top, const char *folder, struct error *error)
{
	char path[PATH_MAX], below[PATH_MAX];
	const char *name;
	int parent, result;

	if (full_path(path, folder, file->path, error) < 0)
		return error_result(error);
	snprintf(below, sizeof(below), "%s", file->path);
	name = cut_name(below);
	if (mkdirat(top, below, 0777) < 0 && errno != EEXIST)
		return cannot_use("make the folder", folder, below, error);
	parent = openat(top, below, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (parent < 0)
		return cannot_use("open the folder", folder, below, error);
	result = write_file_in(parent, name, path, file->text, strlen(file->text), file->mode, error);
	close(parent);
	return result;
}

int template_write(const struct template_file files[TEMPLATE_FILES], const char *folder, bool force,
		   struct error *error)
{
	int top, result = 0;

	for (size_t i = 0; i < TEMPLATE_FILES; i++) {
		if (check_way(&files[i], folder, force, error) < 0)
			return error_result(error);
	}
	if (make_folders(folder, error) < 0)
		return error_result(error);
	top = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return file_cannot("open the folder", folder, FILE_READ, ERROR_UNEXPECTED, error);
	for (size_t i = 0; result == 0 && i < TEMPLATE_FILES; i++)
		result = write_one(&files[i], top, folder, error);
	close(top);
	return result;
}
