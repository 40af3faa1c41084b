/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptors.h"

#include <dirent.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MOST = 40 }; /* as many as the kernel follows, path_resolution(7) */

struct open_file {
	int fd, flags; /* F_GETFD */
	struct stat what;
};

struct descriptors {
	struct open_file *list;
	size_t count;
};

static int add(struct descriptors *set, int fd)
{
	struct open_file *list = realloc(set->list, (set->count + 1) * sizeof(*list));
	struct open_file *new;

	if (list == NULL)
		return -1;
	set->list = list;
	new = &list[set->count];
	new->fd = fd;
	new->flags = fcntl(fd, F_GETFD);
	if (new->flags >= 0 && fstat(fd, &new->what) == 0)
		set->count++;
	return 0;
}

static int fill(struct descriptors *set, DIR *folder, struct error *error)
{
	const struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && fd != dirfd(folder) && add(set, fd) < 0)
			return error_memory(error);
	}
	return 0;
}

int descriptors_note(struct descriptors **open, struct error *error)
{
	struct descriptors *set = *open = calloc(1, sizeof(*set));
	DIR *folder;
	int result;

	if (set == NULL)
		return error_memory(error);
	folder = opendir("/proc/self/fd");
	if (folder == NULL)
		return error_set(error, ERROR_UNEXPECTED, "cannot tell which descriptors are open: /proc/self/fd: %s",
				 strerror(errno));
	result = fill(set, folder, error);
	closedir(folder);
	return result;
}

/* The same file by the same number, or NULL: what was closed meanwhile may have given its number to another one. */
static const struct open_file *find(const struct descriptors *set, const struct open_file *file)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct open_file *other = &set->list[i];

		if (other->fd == file->fd && other->what.st_dev == file->what.st_dev && other->what.st_ino == file->what.st_ino)
			return other;
	}
	return NULL;
}

int descriptors_close_others(const struct descriptors *open, struct error *error)
{
	struct descriptors *now;
	int result = descriptors_note(&now, error);

	for (size_t i = 0; now != NULL && result == 0 && i < now->count; i++) {
		const struct open_file *before = find(open, &now->list[i]);
		int fd = now->list[i].fd, flags = before != NULL ? before->flags : FD_CLOEXEC;

		if (fd <= STDERR_FILENO)
			flags = 0;
		if (flags != now->list[i].flags)
			(void)fcntl(fd, F_SETFD, flags);
	}
	descriptors_free(&now);
	return result;
}

void descriptors_drop(int fd)
{
	int null;

	if (fd > STDERR_FILENO) {
		close(fd);
		return;
	}
	/* What was read from a pipe is gone, and the rest of it may be the command's. */
	if (lseek(fd, 0, SEEK_CUR) < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0)
		(void)dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

bool descriptors_number(const char *text, int *fd)
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

/* Whether the folder of the path is the one where the kernel lists the descriptors of this process. */
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

bool descriptors_path(const char *path, int *fd)
{
	char now[PATH_MAX], target[PATH_MAX], copy[PATH_MAX];
	int written = snprintf(now, sizeof(now), "%s", path);

	for (int links = 0; links < LINKS_MOST && written < (int)sizeof(now); links++) {
		const char *slash = strrchr(now, '/');
		ssize_t length;

		if (slash != NULL && is_listed(now))
			return descriptors_number(slash + 1, fd);
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

void descriptors_free(struct descriptors **open)
{
	if (*open == NULL)
		return;
	free((*open)->list);
	free(*open);
	*open = NULL;
}
