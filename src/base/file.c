/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *buffer = NULL;
	size_t used = 0;
	ssize_t got = 0;
	int result;

	if (fd < 0)
		return error_set(error, ERROR_CONFIG, "cannot open %s: %s", path, strerror(errno));
	/* One byte over the limit tells a file that is too large; a size from stat would tell nothing of a pipe. */
	buffer = malloc(limit + 1);
	if (buffer == NULL) {
		result = error_memory(error);
		goto out;
	}
	while (used <= limit && ((got = read(fd, buffer + used, limit + 1 - used)) > 0 || (got < 0 && errno == EINTR)))
		used += got > 0 ? (size_t)got : 0;
	if (got < 0) {
		result = error_set(error, ERROR_CONFIG, "cannot read %s: %s", path, strerror(errno));
		goto out;
	}
	if (used > limit) {
		result = error_set(error, ERROR_CONFIG, "%s is larger than %zu bytes", path, limit);
		goto out;
	}
	buffer[used] = '\0';
	*data = buffer;
	*length = used;
	buffer = NULL;
	result = 0;
out:
	free(buffer);
	close(fd);
	return result;
}

static int write_all(int fd, const char *data, size_t length)
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

/* The name itself must reach the disk too, or a crash may bring the old file back. */
static void sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static int replace(const char *path, const char *data, size_t length, mode_t mode, struct error *error)
{
	char temporary[PATH_MAX];
	int fd, result;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return error_set(error, ERROR_UNEXPECTED, "the path %.64s… is too long", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot create a file beside %s: %s", path, strerror(errno));
	if (write_all(fd, data, length) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0) {
		result = error_set(error, ERROR_UNEXPECTED, "cannot write %s: %s", path, strerror(errno));
		close(fd);
		goto fail;
	}
	if (close(fd) < 0 || rename(temporary, path) < 0) {
		result = error_set(error, ERROR_UNEXPECTED, "cannot write %s: %s", path, strerror(errno));
		goto fail;
	}
	sync_folder(path);
	return 0;
fail:
	unlink(temporary);
	return result;
}

/* A link to a file that is still to be made: makes it, so that the link stays and leads to the new file. */
static void make_target(const char *path)
{
	struct stat status;
	int fd;

	if (lstat(path, &status) < 0 || !S_ISLNK(status.st_mode))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd >= 0)
		close(fd);
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	struct stat status;
	char *target = NULL;
	int fd, result;
	bool there;

	make_target(path);
	there = stat(path, &status) == 0;
	/* Asked of the path itself: /dev/stdout may lead to a pipe, which has no real path, and must not be replaced. */
	if (!there || S_ISREG(status.st_mode)) {
		if (there)
			target = realpath(path, NULL);
		result = replace(target != NULL ? target : path, data, length, mode, error);
		free(target);
		return result;
	}
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || write_all(fd, data, length) < 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot write %s: %s", path, strerror(errno));
	else
		result = 0;
	if (fd >= 0)
		close(fd);
	return result;
}
