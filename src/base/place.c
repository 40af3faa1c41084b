/* SPDX-License-Identifier: Apache-2.0 */
#include "base/place.h"

#include "base/access.h"
#include "base/file-hint.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEMPORARY_SIZE = 32, TRIES = 100 };

int place_cannot_write(const char *path, struct error *error)
{
	return file_cannot("write", path, FILE_WRITE, ERROR_UNEXPECTED, error);
}

int place_was_changed(const char *what, const char *path, const char *how, struct error *error)
{
	error_set(error, ERROR_UNEXPECTED, "cannot %s %s: %s", what, path, how);
	error_hint(error, "find out which other program writes the file, and try again");
	return -ERROR_UNEXPECTED;
}

void place_close(struct place *place)
{
	if (place->folder >= 0)
		close(place->folder);
	if (place->old >= 0)
		close(place->old);
}

bool place_is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* `path` is split at its last slash, not resolved: the kernel does that. */
int place_open_folder(struct place *place, const char *path)
{
	char copy[PATH_MAX];
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy) ||
	    snprintf(place->name, sizeof(place->name), "%s", name) >= (int)sizeof(place->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (name[0] == '\0') {
		errno = path[0] == '\0' ? ENOENT : EISDIR;
		return -1;
	}
	place->folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return place->folder >= 0 ? 0 : -1;
}

int place_open(struct place *place, const struct stat *status, struct error *error)
{
	char *real = realpath(place->path, NULL);
	struct stat opened, named;
	int result = 0;

	place->old = open(place->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (real == NULL || place->old < 0 || fstat(place->old, &opened) < 0 || place_open_folder(place, real) < 0)
		result = file_cannot("replace", place->path, FILE_WRITE, ERROR_UNEXPECTED, error);
	else if (fstatat(place->folder, place->name, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
		 !place_is_same_file(&opened, &named) || (status != NULL && !place_is_same_file(&opened, status)))
		result = place_was_changed("replace", place->path, "it has just been replaced by another file", error);
	free(real);
	return result;
}

/* --- the new file ------------------------------------------------------------------------------------------------ */

int place_write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, data, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		length -= (size_t)written;
	}
	return 0;
}

/* The new file before it is in its place. Where the file system allows, it has no name, so that nothing is left of
 * it if the program is killed. */
struct fresh {
	int fd;
	char name[TEMPORARY_SIZE]; /* empty: no name */
};

static int choose_name(struct fresh *fresh)
{
	unsigned long long random;

	if (getentropy(&random, sizeof(random)) < 0)
		return -1;
	snprintf(fresh->name, sizeof(fresh->name), ".p11bearer-%016llx", random);
	return 0;
}

static int make_fresh(struct fresh *fresh, int folder, mode_t mode)
{
	fresh->fd = -1;
	/* A file without a name gets one through /proc. */
	if (access("/proc/self/fd", X_OK) == 0)
		fresh->fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	for (int i = 0; i < TRIES && fresh->fd < 0; i++) {
		if (choose_name(fresh) < 0)
			return -1;
		fresh->fd = openat(folder, fresh->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fresh->fd < 0 && errno != EEXIST)
			return -1;
	}
	return fresh->fd < 0 ? -1 : 0;
}

static int give_name(struct fresh *fresh, int folder)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fresh->fd);
	for (int i = 0; i < TRIES; i++) {
		if (choose_name(fresh) < 0)
			break;
		if (linkat(AT_FDCWD, self, folder, fresh->name, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	fresh->name[0] = '\0';
	return -1;
}

/* Sync the folder too, or a crash may bring the old file back. */
static void sync_folder(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

/* The folder is open. ENOENT therefore means that it was removed, or that its file system creates no files, like
 * /proc. */
static int cannot_create(const char *path, struct error *error)
{
	bool lacks_folder = errno == ENOENT;

	file_cannot("create a file next to", path, FILE_WRITE, ERROR_UNEXPECTED, error);
	if (lacks_folder)
		error_hint(error, "name a file elsewhere: its folder was removed, or takes no new files");
	return error_result(error);
}

int place_put(const struct place *place, const void *data, size_t length, mode_t mode, bool is_private,
	      place_check *check, const void *context, struct error *error)
{
	struct fresh fresh = { -1, "" };
	int result = 0;

	if (make_fresh(&fresh, place->folder, place->old >= 0 ? 0600 : mode) < 0)
		return cannot_create(place->path, error);
	if (place->old >= 0)
		result = access_copy(place->old, fresh.fd, is_private, place->path, error);
	if (result == 0 && place_write_all(fresh.fd, data, length) < 0)
		result = place_cannot_write(place->path, error);
	/* The write has cleared setuid bits and capabilities. */
	if (result == 0 && place->old >= 0)
		result = access_copy(place->old, fresh.fd, is_private, place->path, error);
	if (result == 0 && fsync(fresh.fd) < 0)
		result = place_cannot_write(place->path, error);
	if (result == 0 && check != NULL)
		result = check(place, context, error);
	if (result == 0 && fresh.name[0] == '\0' && give_name(&fresh, place->folder) < 0)
		result = place_cannot_write(place->path, error);
	if (close(fresh.fd) < 0 && result == 0)
		result = place_cannot_write(place->path, error);
	if (result == 0 && renameat(place->folder, fresh.name, place->folder, place->name) < 0)
		result = place_cannot_write(place->path, error);
	if (result < 0 && fresh.name[0] != '\0')
		unlinkat(place->folder, fresh.name, 0);
	if (result == 0)
		sync_folder(place->folder);
	return result;
}
