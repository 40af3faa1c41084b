/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct descriptors {
	int *list;
	size_t count;
};

static int add(struct descriptors *set, int fd)
{
	int *list = realloc(set->list, (set->count + 1) * sizeof(*list));

	if (list == NULL)
		return -1;
	set->list = list;
	list[set->count++] = fd;
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

static bool has(const struct descriptors *set, int fd)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->list[i] == fd)
			return true;
	}
	return false;
}

int descriptors_close_others(const struct descriptors *open, struct error *error)
{
	struct descriptors *now;
	int result = descriptors_note(&now, error);

	for (size_t i = 0; now != NULL && result == 0 && i < now->count; i++) {
		if (now->list[i] > STDERR_FILENO && !has(open, now->list[i]))
			(void)fcntl(now->list[i], F_SETFD, FD_CLOEXEC);
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

void descriptors_free(struct descriptors **open)
{
	if (*open == NULL)
		return;
	free((*open)->list);
	free(*open);
	*open = NULL;
}
