/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptor.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as many as the kernel follows, path_resolution(7) */

bool descriptor_number(const char *text, int *fd)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end != '\0' || errno != 0 || number > INT_MAX)
		return false;
	*fd = (int)number;
	return true;
}

/* Returns whether the path is in the folder where the kernel lists this process's descriptors. */
static bool is_listed(const char *path)
{
	char copy[PATH_MAX], own[64];
	char *folder;
	bool listed;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = realpath(dirname(copy), NULL);
	snprintf(own, sizeof(own), "/proc/%ld/fd", (long)getpid());
	listed = folder != NULL && strcmp(folder, own) == 0;
	snprintf(own, sizeof(own), "/proc/%ld/task/%ld/fd", (long)getpid(), (long)gettid());
	listed |= folder != NULL && strcmp(folder, own) == 0;
	free(folder);
	return listed;
}

bool descriptor_path(const char *path, int *fd)
{
	char now[PATH_MAX], target[PATH_MAX], copy[PATH_MAX];
	int written = snprintf(now, sizeof(now), "%s", path);

	for (int links = 0; links < LINKS_MAX && written < (int)sizeof(now); links++) {
		const char *slash = strrchr(now, '/');
		ssize_t length;

		if (slash != NULL && is_listed(now))
			return descriptor_number(slash + 1, fd);
		length = readlink(now, target, sizeof(target) - 1);
		if (length < 0)
			return false;
		target[length] = '\0';
		memcpy(copy, now, sizeof(copy));
		if (target[0] == '/')
			written = snprintf(now, sizeof(now), "%s", target);
		else
			written = snprintf(now, sizeof(now), "%s/%s", dirname(copy), target);
	}
	return false;
}

bool descriptor_is_sealed(const char *path)
{
	int fd, seals = path != NULL && descriptor_path(path, &fd) ? fcntl(fd, F_GET_SEALS) : -1;

	return seals > 0 && (seals & F_SEAL_WRITE) != 0 && (seals & F_SEAL_SEAL) != 0;
}
