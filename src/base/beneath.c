/* SPDX-License-Identifier: Apache-2.0 */
#include "base/beneath.h"

#include "base/file-hint.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int beneath_open(const char *path, int *folder, struct error *error)
{
	*folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*folder >= 0)
		return 0;
	return file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
}

int beneath_open_plain(int folder, const char *below, int flags)
{
	int fd = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), next = -1;

	while (fd >= 0) {
		size_t length = strcspn(below, "/");
		bool last = below[length] == '\0';
		char name[NAME_MAX + 1];

		if (snprintf(name, sizeof(name), "%.*s", (int)length, below) >= (int)sizeof(name)) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			next = openat(fd, name, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
		}
		close(fd);
		if (last || next < 0)
			return next;
		fd = next;
		below += length + 1;
	}
	return -1;
}

enum { TRIES_MAX = 1000 };

/* The kernel returns EAGAIN if a concurrent rename may change where ".." leads. Some sandboxes refuse unknown calls. */
static int open_below(int folder, const char *below, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	errno = EAGAIN;
	for (int i = 0; i < TRIES_MAX && fd < 0 && errno == EAGAIN; i++)
		fd = (int)syscall(SYS_openat2, folder, below, &how, sizeof(how));
	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? beneath_open_plain(folder, below, flags) : fd;
}

bool beneath_is_folder(int folder, const char *below)
{
	int fd = open_below(folder, below, O_PATH | O_DIRECTORY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* openat2 fails with EXDEV if a link leads out. */
static int cannot_open(const char *path, struct error *error)
{
	if (errno != EXDEV)
		return file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
	error_set(error, ERROR_CONFIG, "%s is a symbolic link that leads out of the folder", path);
	error_hint(error, "replace it with what it leads to, or with a relative link that stays in the folder");
	return -ERROR_CONFIG;
}

int beneath_check_folder(int folder, const char *below, const char *path, struct error *error)
{
	int fd = open_below(folder, below, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return cannot_open(path, error);
	close(fd);
	return 0;
}

int beneath_read(int folder, const char *below, const char *path, size_t limit, char **data, size_t *length,
		 struct error *error)
{
	/* O_NONBLOCK, so that a FIFO does not block open. */
	int fd = open_below(folder, below, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int result;

	if (fd < 0)
		return cannot_open(path, error);
	if (fstat(fd, &status) < 0)
		result = file_cannot("read", path, FILE_READ, ERROR_CONFIG, error);
	else if (!S_ISREG(status.st_mode))
		result = error_set(error, ERROR_CONFIG, "%s is not a regular file", path);
	else
		result = file_read_descriptor(fd, path, limit, data, length, error);
	close(fd);
	return result;
}
