/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trust.h"

#include "base/shell-word.h"
#include "base/writers.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as many as the kernel follows, path_resolution(7) */

/* A path during resolution: `done` contains no more links, `left` is the rest. */
struct walk {
	const char *path; /* as given, for messages */
	enum error_class class;
	struct stat file; /* as opened */
	char done[PATH_MAX];
	char *whole;      /* the path from the last link on */
	const char *left; /* in `whole` */
	int links;
};

static void hint_writers(enum writers writers, const char *path, struct error *error)
{
	char word[SHELL_WORD_SIZE];

	error_hint(error, writers == WRITERS_BY_ACL ? "remove its ACL: setfacl -b %s" :
		   "remove their write permission: chmod go-w %s", shell_word(path, strlen(path), word));
}

/* Only root can change an owner; `instead` is something anybody can do. */
static void hint_owner(const char *instead, const char *kind, const char *path, struct error *error)
{
	char word[SHELL_WORD_SIZE];

	error_hint(error, "%s, or as root make the %s yours: chown -h %lu %s", instead, kind, (unsigned long)geteuid(),
		   shell_word(path, strlen(path), word));
}

/* `path` is where the file called `name` is, or NULL. */
static int check_file(const struct stat *status, const char *name, const char *path, enum error_class class,
		      struct error *error)
{
	enum writers writers = writers_find(status, path);

	if (!writers_owner_is_ours(status->st_uid)) {
		error_set(error, class, "%s belongs to another user (uid %lu)", name, (unsigned long)status->st_uid);
		hint_owner("use a file of your own, such as a copy of this one if you trust what is in it", "file",
			   path != NULL ? path : name, error);
		return -(int)class;
	}
	if (writers == WRITERS_OURS)
		return 0;
	error_set(error, class, "%s can be written by others (mode %04o)", name, (unsigned)status->st_mode & 07777U);
	hint_writers(writers, path != NULL ? path : name, error);
	return -(int)class;
}

/* Checks a directory or a link on the way to the file. */
static int check_step(const struct walk *walk, const struct stat *status, const char *step, struct error *error)
{
	const char *kind = S_ISLNK(status->st_mode) ? "link" : "directory";
	enum writers writers = S_ISLNK(status->st_mode) ? WRITERS_OURS : writers_find(status, step);

	if (!writers_owner_is_ours(status->st_uid)) {
		error_set(error, walk->class, "the %s %s belongs to another user (uid %lu), who can replace %s", kind,
			  step, (unsigned long)status->st_uid, walk->path);
		hint_owner("keep the file where only you and root can write", kind, step, error);
		return -(int)walk->class;
	}
	if (writers == WRITERS_OURS)
		return 0;
	error_set(error, walk->class, "others can write to the directory %s (mode %04o) and replace %s", step,
		  (unsigned)status->st_mode & 07777U, walk->path);
	hint_writers(writers, step, error);
	return -(int)walk->class;
}

static int failed(const struct walk *walk, int number, struct error *error)
{
	return error_set(error, walk->class, "cannot check who can change %s: %s", walk->path, strerror(number));
}

/* Puts `head` and a '/' in front of the rest. Fails if memory is exhausted or the path becomes too long. */
static int put_in_front(struct walk *walk, const char *head, struct error *error)
{
	char *whole;

	if (asprintf(&whole, "%s/%s", head, walk->left) < 0)
		return error_memory(error);
	free(walk->whole);
	walk->left = walk->whole = whole;
	return strlen(whole) < PATH_MAX ? 0 : failed(walk, ENAMETOOLONG, error);
}

/* Moves the first name of the rest to `done`. Returns 1, 0 if no name is left, or -1 if the path is too long. */
static int advance(struct walk *walk)
{
	const char *name = walk->left + strspn(walk->left, "/");
	size_t length = strcspn(name, "/"), used = strlen(walk->done);

	if (length == 0)
		return 0;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		char *slash = strrchr(walk->done, '/');

		if (slash != NULL)
			*slash = '\0';
	} else if (length != 1 || *name != '.') {
		if (used + 1 + length >= sizeof(walk->done))
			return -1;
		walk->done[used] = '/';
		memcpy(walk->done + used + 1, name, length);
		walk->done[used + 1 + length] = '\0';
	}
	walk->left = name + length;
	return 1;
}

/* Replaces the last name in `done`, which is a link, by its target. */
static int follow(struct walk *walk, struct error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlink(walk->done, target, sizeof(target) - 1);

	if (length < 0)
		return failed(walk, errno, error);
	target[length] = '\0';
	if (++walk->links > LINKS_MAX)
		return failed(walk, ELOOP, error);
	if (put_in_front(walk, target, error) < 0)
		return error_result(error);
	if (target[0] == '/')
		walk->done[0] = '\0';
	else
		*strrchr(walk->done, '/') = '\0';
	return 0;
}

/* Checks the file that the path leads to. */
static int check_end(const struct walk *walk, const struct stat *status, const char *step, struct error *error)
{
	if (status->st_dev != walk->file.st_dev || status->st_ino != walk->file.st_ino)
		return error_set(error, walk->class, "%s was replaced while it was opened", walk->path);
	return check_file(status, walk->path, step, walk->class, error);
}

static int take_steps(struct walk *walk, struct error *error)
{
	while (true) {
		const char *step = walk->done[0] != '\0' ? walk->done : "/";
		struct stat status;
		int result, more;

		if (lstat(step, &status) < 0)
			return failed(walk, errno, error);
		if (!S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode))
			return check_end(walk, &status, step, error);
		result = check_step(walk, &status, step, error);
		if (result == 0 && S_ISLNK(status.st_mode))
			result = follow(walk, error);
		if (result < 0)
			return result;
		more = advance(walk);
		if (more < 0)
			return failed(walk, ENAMETOOLONG, error);
		if (more == 0 && S_ISDIR(status.st_mode)) /* a link may lead to "/" */
			return check_end(walk, &status, step, error);
	}
}

int trust_check(const char *path, int fd, enum error_class class, struct error *error)
{
	struct walk walk = { .path = path, .class = class, .left = path };
	char folder[PATH_MAX] = "";
	int result;

	if (fstat(fd, &walk.file) < 0 || (path[0] != '/' && getcwd(folder, sizeof(folder)) == NULL))
		return failed(&walk, errno, error);
	result = put_in_front(&walk, folder, error);
	if (result == 0)
		result = take_steps(&walk, error);
	free(walk.whole);
	return result;
}

int trust_check_descriptor(int fd, const char *name, enum error_class class, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_set(error, class, "cannot check who can change %s: %s", name, strerror(errno));
	return check_file(&status, name, NULL, class, error);
}

const char *trust_kind(const struct stat *status)
{
	switch (status->st_mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}
