/* SPDX-License-Identifier: Apache-2.0 */
#include "base/trust.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LINKS_MOST = 40 }; /* as many as the kernel follows, path_resolution(7) */

/* A path on its way: `done` has no link in it any more, `left` is what follows. */
struct walk {
	const char *path; /* as it was given, for messages */
	enum error_class class;
	char done[PATH_MAX];
	char *whole;      /* the path from the last link on */
	const char *left; /* in `whole` */
	int links;
};

static bool is_ours(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/* Whether the group is the private one of the user: it has the user's name, is the user's login group, and nobody else
 * is in it. */
static bool is_private_group(gid_t gid, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	const struct group *group = getgrgid(gid);
	bool alone = user != NULL && group != NULL && user->pw_gid == gid && strcmp(user->pw_name, group->gr_name) == 0;

	for (char **member = alone ? group->gr_mem : NULL; alone && *member != NULL; member++)
		alone = strcmp(*member, group->gr_name) == 0;
	if (!alone)
		return false;
	setpwent();
	while (alone && (user = getpwent()) != NULL)
		alone = user->pw_gid != gid || user->pw_uid == uid;
	endpwent();
	return alone;
}

/* With an ACL, the mode's bits of the group are the most that anybody named in the ACL may do. */
static bool has_acl(const char *path)
{
	return path != NULL && lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0;
}

/* Whether others can write. `path` is where the file is, or NULL. */
static bool others_write(const struct stat *status, const char *path)
{
	if (S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0)
		return false;
	if ((status->st_mode & S_IWOTH) != 0)
		return true;
	if ((status->st_mode & S_IWGRP) == 0)
		return false;
	return has_acl(path) || (!is_private_group(status->st_gid, geteuid()) && !is_private_group(status->st_gid, 0));
}

static int check_file(const struct stat *status, const char *name, const char *path, enum error_class class,
		      struct error *error)
{
	if (!is_ours(status->st_uid))
		return error_set(error, class, "%s belongs to another user", name);
	if (!others_write(status, path))
		return 0;
	error_set(error, class, "%s can be written by others (mode %04o)", name, (unsigned)status->st_mode & 07777U);
	error_hint(error, has_acl(path) ? "remove its ACL: setfacl -b" : "take the right to write away from others: chmod go-w");
	return -(int)class;
}

/* A directory or a link on the way to the file. */
static int check_step(const struct walk *walk, const struct stat *status, const char *step, struct error *error)
{
	const char *kind = S_ISLNK(status->st_mode) ? "link" : "directory";

	if (!is_ours(status->st_uid)) {
		error_set(error, walk->class, "the %s %s belongs to another user, who can replace %s", kind, step, walk->path);
		error_hint(error, "keep the file where only you and root can write");
		return -(int)walk->class;
	}
	if (S_ISLNK(status->st_mode) || !others_write(status, step))
		return 0;
	error_set(error, walk->class, "others can write to the directory %s (mode %04o) and replace %s", step,
		  (unsigned)status->st_mode & 07777U, walk->path);
	error_hint(error, has_acl(step) ? "remove its ACL: setfacl -b %s" : "take the right to write away from others: chmod go-w %s", step);
	return -(int)walk->class;
}

static int failed(const struct walk *walk, int number, struct error *error)
{
	return error_set(error, walk->class, "cannot check who can change %s: %s", walk->path, strerror(number));
}

/* Puts `head` and a '/' in front of what is left. Fails if memory is out or the path becomes too long. */
static int put_in_front(struct walk *walk, const char *head, struct error *error)
{
	char *whole;

	if (asprintf(&whole, "%s/%s", head, walk->left) < 0)
		return error_memory(error);
	free(walk->whole);
	walk->left = walk->whole = whole;
	return strlen(whole) < PATH_MAX ? 0 : failed(walk, ENAMETOOLONG, error);
}

/* Moves the first name from what is left to what is done. Returns 1, 0 if no name is left, -1 if the path is too long. */
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

/* The last name that is done is a link: puts where it leads in its place. */
static int follow(struct walk *walk, struct error *error)
{
	char target[PATH_MAX];
	ssize_t length = readlink(walk->done, target, sizeof(target) - 1);

	if (length < 0)
		return failed(walk, errno, error);
	target[length] = '\0';
	if (++walk->links > LINKS_MOST)
		return failed(walk, ELOOP, error);
	if (put_in_front(walk, target, error) < 0)
		return error_result(error);
	if (target[0] == '/')
		walk->done[0] = '\0';
	else
		*strrchr(walk->done, '/') = '\0';
	return 0;
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
			return check_file(&status, walk->path, step, walk->class, error);
		result = check_step(walk, &status, step, error);
		if (result == 0 && S_ISLNK(status.st_mode))
			result = follow(walk, error);
		if (result < 0)
			return result;
		more = advance(walk);
		if (more < 0)
			return failed(walk, ENAMETOOLONG, error);
		if (more == 0)
			return 0; /* the path leads to a directory, which the caller finds out */
	}
}

int trust_check(const char *path, enum error_class class, struct error *error)
{
	struct walk walk = { .path = path, .class = class, .left = path };
	char folder[PATH_MAX] = "";
	int result;

	if (path[0] != '/' && getcwd(folder, sizeof(folder)) == NULL)
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
