/* SPDX-License-Identifier: Apache-2.0 */
#include "process/write.h"

#include "base/place.h"
#include "process/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOPS_MAX = 40 }; /* the kernel's own limit on links */

static int open_new(struct place *place, const char *path, struct error *error)
{
	struct stat status;

	if (place_open_folder(place, path) < 0)
		return place_cannot_write(path, error);
	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : place_cannot_write(path, error);
	if (!S_ISLNK(status.st_mode))
		return place_was_changed("write", path, "it has just been created", error);
	error_set(error, ERROR_UNEXPECTED, "cannot write %s: it is a link to a file that does not exist", path);
	error_hint(error, "name the file itself, or remove the link");
	return -ERROR_UNEXPECTED;
}

static int write_in_place(const char *path, const struct stat *expected, const void *data, size_t length,
			  struct error *error)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), result = 0;
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && !place_is_same_file(&status, expected))
		result = place_was_changed("write", path, "it has just been replaced by another file", error);
	else if (fd < 0 || place_write_all(fd, data, length) < 0)
		result = place_cannot_write(path, error);
	if (fd >= 0)
		close(fd);
	return result;
}

/* Returns the N of /dev/fd/N and the like, or a negative number if `path` is not such a name. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *number = path + strlen(folders[i]);
		size_t digits;

		if (strncmp(path, folders[i], strlen(folders[i])) != 0)
			continue;
		digits = strspn(number, "0123456789");
		if (digits > 0 && digits <= 6 && number[digits] == '\0')
			return atoi(number);
	}
	return -1;
}

/* Does the same for a link to such a name. Resolving it with the kernel would not help: that gives the descriptor's
 * file, which is stderr's while stdout is diverted. */
static int descriptor_by_link(const char *path)
{
	char name[PATH_MAX], link[PATH_MAX];

	snprintf(name, sizeof(name), "%s", path);
	for (int i = 0; i < HOPS_MAX && descriptor_of(name) < 0; i++) {
		ssize_t length = readlink(name, link, sizeof(link) - 1);

		if (length <= 0 || link[0] != '/')
			return -1;
		link[length] = '\0';
		memcpy(name, link, (size_t)length + 1);
	}
	return descriptor_of(name);
}

static int write_to_descriptor(int fd, const char *path, const void *data, size_t length, struct error *error)
{
	if (fd == STDOUT_FILENO)
		return output_write(data, length, error);
	return place_write_all(fd, data, length) == 0 ? 0 : place_cannot_write(path, error);
}

/* Returns whether the path is the file behind stdout: replacing it would lose the rest of the output. */
static bool is_stdout(const struct stat *status)
{
	struct stat out;

	return fstat(output_descriptor(), &out) == 0 && place_is_same_file(&out, status);
}

int write_file(const char *path, const void *data, size_t length, mode_t mode, struct error *error)
{
	struct place place = PLACE(path);
	int descriptor = descriptor_of(path), result;
	struct stat status;

	if (descriptor >= 0)
		return write_to_descriptor(descriptor, path, data, length, error);
	if (stat(path, &status) < 0) {
		result = errno == ENOENT ? open_new(&place, path, error) : place_cannot_write(path, error);
	} else {
		descriptor = is_stdout(&status) ? STDOUT_FILENO : descriptor_by_link(path);
		if (descriptor >= 0)
			return write_to_descriptor(descriptor, path, data, length, error);
		if (!S_ISREG(status.st_mode))
			return write_in_place(path, &status, data, length, error);
		result = place_open(&place, &status, error);
	}
	if (result == 0)
		result = place_put(&place, data, length, mode, false, NULL, NULL, error);
	place_close(&place);
	return result;
}

/* --- files in a folder ------------------------------------------------------------------------------------------- */

static int open_in(struct place *place, struct error *error)
{
	struct stat status;

	if (fstatat(place->folder, place->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : place_cannot_write(place->path, error);
	if (!S_ISREG(status.st_mode)) {
		error_set(error, ERROR_CONFIG, "cannot replace %s: it is %s", place->path,
			  S_ISLNK(status.st_mode) ? "a link" : "not a regular file");
		error_hint(error, "remove it first");
		return -ERROR_CONFIG;
	}
	place->old = openat(place->folder, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return place->old >= 0 ? 0 : place_cannot_write(place->path, error);
}

int write_file_in(int folder, const char *name, const char *path, const void *data, size_t length, mode_t mode,
		  struct error *error)
{
	struct place place = PLACE(path);
	int result;

	snprintf(place.name, sizeof(place.name), "%s", name);
	place.folder = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	if (place.folder < 0)
		return place_cannot_write(path, error);
	result = open_in(&place, error);
	if (result == 0)
		result = place_put(&place, data, length, mode, (mode & 077) == 0, NULL, NULL, error);
	place_close(&place);
	return result;
}
