/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/output.h"
#include "base/secret.h"

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

enum { FIRST_ROOM = 4096 }; /* bytes */

/* Doubles the buffer, up to one byte over the limit, which tells a file that is too large; a size from stat would tell
 * nothing of a pipe. The file may hold a secret, so no copy is left behind. */
static bool grow(char **buffer, size_t *room, size_t limit)
{
	size_t wanted = *room < limit / 2 ? *room * 2 : limit;
	char *grown = wipe_realloc(*buffer, wanted + 1);

	if (grown == NULL)
		return false;
	*buffer = grown;
	*room = wanted + 1;
	return true;
}

int file_read_descriptor(int fd, const char *name, size_t limit, char **data, size_t *length, struct error *error)
{
	size_t used = 0, room = FIRST_ROOM;
	char *buffer = NULL;
	ssize_t got = 0;
	int result;

	if (!grow(&buffer, &room, limit))
		return error_memory(error);
	while ((got = read(fd, buffer + used, room - used)) > 0 || (got < 0 && errno == EINTR)) {
		used += got > 0 ? (size_t)got : 0;
		if (used > limit)
			break;
		if (used == room && !grow(&buffer, &room, limit)) {
			result = error_memory(error);
			goto out;
		}
	}
	if (got < 0) {
		result = error_set(error, ERROR_CONFIG, "cannot read %s: %s", name, strerror(errno));
		goto out;
	}
	if (used > limit) {
		result = error_set(error, ERROR_CONFIG, "%s is larger than %zu bytes", name, limit);
		goto out;
	}
	buffer[used] = '\0';
	*data = buffer;
	*length = used;
	buffer = NULL;
	result = 0;
out:
	wipe_free(buffer);
	return result;
}

int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int result;

	if (fd < 0)
		return error_set(error, ERROR_CONFIG, "cannot open %s: %s", path, strerror(errno));
	result = file_read_descriptor(fd, path, limit, data, length, error);
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

/* A file that is there keeps its mode and its owner; a new one gets `mode` less the umask. */
static bool set_access(int fd, const struct stat *old, mode_t mode)
{
	mode_t mask;

	if (old != NULL) {
		if (fchown(fd, old->st_uid, old->st_gid) < 0 && errno != EPERM)
			return false;
		return fchmod(fd, old->st_mode & 0777) == 0;
	}
	mask = umask(0);
	umask(mask);
	return fchmod(fd, mode & ~mask) == 0;
}

static int replace(const char *path, const struct stat *old, const char *data, size_t length, mode_t mode,
		   struct error *error)
{
	char temporary[PATH_MAX];
	int fd, result;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return error_set(error, ERROR_UNEXPECTED, "the path %.64s… is too long", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot create a file beside %s: %s", path, strerror(errno));
	if (write_all(fd, data, length) < 0 || !set_access(fd, old, mode) || fsync(fd) < 0) {
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

static int write_in_place(const char *path, const void *data, size_t length, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int result = 0;

	if (fd < 0 || write_all(fd, data, length) < 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return result;
}

/* Where a link leads whose target is not there yet; `target` has room for PATH_MAX. False when `path` is no link. */
static bool follow_link(const char *path, char *target)
{
	char link[PATH_MAX], folder[PATH_MAX];
	ssize_t length = readlink(path, link, sizeof(link) - 1);
	int written;

	if (length < 0)
		return false;
	link[length] = '\0';
	snprintf(folder, sizeof(folder), "%s", path);
	if (link[0] == '/')
		written = snprintf(target, PATH_MAX, "%s", link);
	else
		written = snprintf(target, PATH_MAX, "%s/%s", dirname(folder), link);
	return written > 0 && written < PATH_MAX;
}

/* Whether the path is what stdout writes to: to replace it would take the rest of stdout's output with it. */
static bool is_stdout(const struct stat *status)
{
	struct stat out;

	return fstat(output_descriptor(), &out) == 0 && out.st_dev == status->st_dev && out.st_ino == status->st_ino;
}

/* While stdout is diverted these would lead elsewhere. */
static bool is_name_of_stdout(const char *path)
{
	static const char *const names[] = { "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(path, names[i]) == 0)
			return true;
	}
	return false;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	char target[PATH_MAX];
	struct stat status;
	char *real;
	int result;

	if (is_name_of_stdout(path))
		return output_write(data, length, error);
	if (stat(path, &status) < 0)
		return replace(follow_link(path, target) ? target : path, NULL, data, length, mode, error);
	if (is_stdout(&status)) {
		return output_write(data, length, error);
	}
	if (!S_ISREG(status.st_mode))
		return write_in_place(path, data, length, error);
	real = realpath(path, NULL);
	result = real != NULL ? replace(real, &status, data, length, mode, error) :
				write_in_place(path, data, length, error);
	free(real);
	return result;
}
