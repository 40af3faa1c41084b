/* SPDX-License-Identifier: Apache-2.0 */
#include "base/access.h"

#include "base/shell-word.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A value in the form the file system uses: at most 64 KiB (xattr(7)). */
struct value {
	char *data;
	ssize_t length; /* negative: no value, see errno */
};

static struct value value_get(int fd, const char *name)
{
	struct value value = { malloc(XATTR_SIZE_MAX), -1 };

	if (value.data != NULL)
		value.length = fgetxattr(fd, name, value.data, XATTR_SIZE_MAX);
	return value;
}

static bool value_same(const struct value *a, const struct value *b)
{
	return a->length >= 0 && a->length == b->length && memcmp(a->data, b->data, (size_t)a->length) == 0;
}

/* Returns the names of the file's attributes, each with its NUL, or NULL on failure. *length is 0 if the file system
 * has no attributes. */
static char *names_get(int fd, size_t *length)
{
	char *names = malloc(XATTR_LIST_MAX);
	ssize_t got = names != NULL ? flistxattr(fd, names, XATTR_LIST_MAX) : -1;

	if (names != NULL && got < 0 && errno == ENOTSUP)
		got = 0;
	if (got < 0) {
		free(names);
		return NULL;
	}
	*length = (size_t)got;
	return names;
}

/* IMA's and EVM's attributes are digests of one file's content and inode; the kernel computes them for the new file.
 * An ACL of any kind opens a file to others than its owner. */
static bool is_left_out(const char *name, bool is_private)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0 ||
	       (is_private && strncmp(name, "system.", strlen("system.")) == 0);
}

static int refuse_attribute(const char *name, const char *path, struct error *error)
{
	char name_word[SHELL_WORD_SIZE], path_word[SHELL_WORD_SIZE];

	error_set(error, ERROR_UNEXPECTED, "cannot keep the attribute %s of %s: %s", name, path, strerror(errno));
	error_hint(error, "run the command as root, or remove the attribute first: setfattr -x %s %s",
		   shell_word(name, strlen(name), name_word), shell_word(path, strlen(path), path_word));
	return -ERROR_UNEXPECTED;
}

static int copy_one(int from, int to, const char *name, const char *path, struct error *error)
{
	struct value there = value_get(to, name), wanted = value_get(from, name);
	int result = 0;

	/* Only the kernel may be allowed to set a label, so leave one alone that is already right. */
	if (!value_same(&wanted, &there) &&
	    (wanted.length < 0 || fsetxattr(to, name, wanted.data, (size_t)wanted.length, 0) < 0))
		result = refuse_attribute(name, path, error);
	free(wanted.data);
	free(there.data);
	return result;
}

static int copy_attributes(int from, int to, bool is_private, const char *path, struct error *error)
{
	size_t length = 0;
	char *names = names_get(from, &length);
	int result = 0;

	if (names == NULL)
		return error_set(error, ERROR_UNEXPECTED, "cannot read the attributes of %s: %s", path,
				 strerror(errno));
	for (const char *name = names; result == 0 && name < names + length; name += strlen(name) + 1) {
		if (!is_left_out(name, is_private))
			result = copy_one(from, to, name, path, error);
	}
	free(names);
	return result;
}

/* If the folder has a default ACL, a new file has an ACL that the old one lacks. Its entries have no effect while
 * the mode is 0600; the old file's mode would enable them. */
static int drop_inherited(int from, int to, bool is_private, const char *path, struct error *error)
{
	static const char acl[] = "system.posix_acl_access";
	bool is_copied = !is_private && fgetxattr(from, acl, NULL, 0) >= 0;

	if (is_copied || fgetxattr(to, acl, NULL, 0) < 0 || fremovexattr(to, acl) == 0)
		return 0;
	error_set(error, ERROR_UNEXPECTED, "cannot remove the ACL that the folder of %s gives to new files: %s", path,
		  strerror(errno));
	error_hint(error, "run the command as root, or remove the folder's default ACL first: setfacl -k");
	return -ERROR_UNEXPECTED;
}

static int copy_owner(const struct stat *old, int to, const char *path, struct error *error)
{
	struct stat new;

	if (fstat(to, &new) == 0 && new.st_uid == old->st_uid && new.st_gid == old->st_gid)
		return 0;
	if (fchown(to, old->st_uid, old->st_gid) == 0)
		return 0;
	error_set(error, ERROR_UNEXPECTED, "cannot keep the owner and group of %s (%lu:%lu): %s", path,
		  (unsigned long)old->st_uid, (unsigned long)old->st_gid, strerror(errno));
	error_hint(error, "run the command as the file's owner and in its group, or use a copy of your own");
	return -ERROR_UNEXPECTED;
}

static int refuse_mode(mode_t mode, const char *path, const char *why, struct error *error)
{
	error_set(error, ERROR_UNEXPECTED, "cannot keep the mode %04o of %s: %s", (unsigned)mode, path, why);
	error_hint(error, "give the file another mode first");
	return -ERROR_UNEXPECTED;
}

static int copy_mode(const struct stat *old, int to, bool is_private, const char *path, struct error *error)
{
	mode_t mode = old->st_mode & (is_private ? 0600 : 07777);
	struct stat new;

	/* Some file systems turn the mode that is set into an ACL, so set the mode only if the ACL has not already
	 * set it. */
	if (fstat(to, &new) == 0 && (new.st_mode & 07777) == mode)
		return 0;
	if (fchmod(to, mode) < 0 || fstat(to, &new) < 0)
		return refuse_mode(mode, path, strerror(errno), error);
	return (new.st_mode & 07777) == mode ? 0 : refuse_mode(mode, path, "the system sets another", error);
}

int access_copy(int from, int to, bool is_private, const char *path, struct error *error)
{
	struct stat old;
	int result;

	if (fstat(from, &old) < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot read the mode of %s: %s", path, strerror(errno));
	result = copy_owner(&old, to, path, error);
	if (result == 0)
		result = drop_inherited(from, to, is_private, path, error);
	if (result == 0)
		result = copy_attributes(from, to, is_private, path, error);
	if (result == 0)
		result = copy_mode(&old, to, is_private, path, error);
	return result;
}
