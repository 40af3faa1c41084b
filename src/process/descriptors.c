/* SPDX-License-Identifier: Apache-2.0 */
#include "process/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Returns the noted entry if the number still refers to the same file, or NULL: the number may have been closed and
 * reused. */
static const struct open_file *find(const struct descriptors *set, const struct open_file *file)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct open_file *other = &set->list[i];

		if (other->fd == file->fd && other->what.st_dev == file->what.st_dev &&
		    other->what.st_ino == file->what.st_ino)
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
	/* What was read from a pipe is gone, and the rest may be meant for the command. */
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
