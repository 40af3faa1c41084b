/* SPDX-License-Identifier: Apache-2.0 */
#include "base/place.h"

#include "base/access.h"

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
	return error_set(error, ERROR_UNEXPECTED, "cannot write %s: %s", path, strerror(errno));
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

/* `path` is taken apart, not resolved: the kernel does that. */
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
		result = error_set(error, ERROR_UNEXPECTED, "cannot replace %s: %s", place->path, strerror(errno));
	else if (fstatat(place->folder, place->name, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
		 !place_is_same_file(&opened, &named) || (status != NULL && !place_is_same_file(&opened, status)))
		result = error_set(error, ERROR_UNEXPECTED, "cannot replace %s: it has just been replaced by another file",
				   place->path);
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

static int make_temporary(int folder, mode_t mode, char name[TEMPORARY_SIZE])
{
	unsigned long long random;
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		if (getentropy(&random, sizeof(random)) < 0)
			return -1;
		snprintf(name, TEMPORARY_SIZE, ".p11bearer-%016llx", random);
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

static int fill(int fd, const void *data, size_t length)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || place_write_all(fd, data, length) < 0)
		return -1;
	/* The write has cleared the setuid bits. */
	if ((status.st_mode & 07000) != 0 && fchmod(fd, status.st_mode & 07777) < 0)
		return -1;
	return fsync(fd);
}

/* The name itself must reach the disk too, or a crash may bring the old file back. */
static void sync_folder(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int place_put(const struct place *place, const void *data, size_t length, mode_t mode, bool is_private,
	      place_check *check, const void *context, struct error *error)
{
	char temporary[TEMPORARY_SIZE];
	int fd = make_temporary(place->folder, place->old >= 0 ? 0600 : mode, temporary), result = 0;

	if (fd < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot create a file beside %s: %s", place->path, strerror(errno));
	if (place->old >= 0 && access_copy(place->old, fd, is_private, place->path, error) < 0) {
		result = error_result(error);
		error_hint(error, "run the command as a user who may do that, or write to another file");
	} else if (fill(fd, data, length) < 0) {
		result = place_cannot_write(place->path, error);
	}
	if (close(fd) < 0 && result == 0)
		result = place_cannot_write(place->path, error);
	if (result == 0 && check != NULL)
		result = check(place, context, error);
	if (result == 0 && renameat(place->folder, temporary, place->folder, place->name) < 0)
		result = place_cannot_write(place->path, error);
	if (result < 0)
		unlinkat(place->folder, temporary, 0);
	else
		sync_folder(place->folder);
	return result;
}
