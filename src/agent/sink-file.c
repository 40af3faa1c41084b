/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sink-file.h"

#include "base/beneath.h"
#include "base/file-hint.h"
#include "base/place.h"
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The new file has a fixed name, so that the next run finds what a killed one has left. */
struct names {
	char folder[PATH_MAX]; /* below "/" */
	char file[NAME_MAX + 1], fresh[NAME_MAX + 1];
};

static int split(const char *path, struct names *names, struct error *error)
{
	const char *slash = strrchr(path, '/'), *from = path + strspn(path, "/");
	const char *name = slash != NULL ? slash + 1 : "";
	int folder = slash > from ? (int)(slash - from) : 0;

	if (path[0] != '/' || name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		error_set(error, ERROR_CONFIG, "the sink %s is not an absolute path of a file", path);
		return -ERROR_CONFIG;
	}
	if (snprintf(names->folder, sizeof(names->folder), "%.*s", folder, from) >= (int)sizeof(names->folder) ||
	    snprintf(names->file, sizeof(names->file), "%s", name) >= (int)sizeof(names->file) ||
	    snprintf(names->fresh, sizeof(names->fresh), ".%s.p11bearer", name) >= (int)sizeof(names->fresh)) {
		error_set(error, ERROR_CONFIG, "the path of the sink %s is too long", path);
		return -ERROR_CONFIG;
	}
	for (char *end = names->folder + strlen(names->folder); end > names->folder && end[-1] == '/';)
		*--end = '\0';
	return 0;
}

/* Follows no link: whoever may change the path could lead an agent that runs as root to another folder. Returns the
 * descriptor, or -1 with errno set. */
static int open_folder(const struct names *names)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), folder, number;

	if (root < 0 || names->folder[0] == '\0')
		return root;
	folder = beneath_open_plain(root, names->folder, O_PATH | O_DIRECTORY);
	number = errno;
	close(root);
	errno = number;
	return folder;
}

static int no_folder(const char *what, const char *path, struct error *error)
{
	if (errno != ELOOP && errno != ENOTDIR)
		return file_cannot(what, path, FILE_WRITE, ERROR_UNEXPECTED, error);
	error_set(error, ERROR_CONFIG, "cannot %s %s: a part of its path is a symbolic link or no directory", what,
		  path);
	error_hint(error, "name the file by a path without symbolic links");
	return -ERROR_CONFIG;
}

static int check_file_system(const char *path, int folder, struct error *error)
{
	struct statfs status;

	if (fstatfs(folder, &status) < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot check the directory of the sink %s: %s", path,
				 strerror(errno));
	if (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC)
		return 0;
	error_set(error, ERROR_CONFIG, "cannot keep the sink %s: its directory is not in memory (tmpfs)", path);
	error_hint(error, "name a file in a directory below /run");
	return -ERROR_CONFIG;
}

/* Anything but a regular file is somebody else's. Returns 1 if there is a file, 0 if there is none. */
static int check_old(const char *what, const char *path, int folder, const char *name, struct error *error)
{
	struct stat status;

	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : file_cannot(what, path, FILE_WRITE, ERROR_UNEXPECTED, error);
	if (S_ISREG(status.st_mode))
		return 1;
	error_set(error, ERROR_CONFIG, "cannot %s %s: it is %s", what, path,
		  S_ISLNK(status.st_mode) ? "a symbolic link" : trust_kind(&status));
	error_hint(error, "remove it, or name another file");
	return -ERROR_CONFIG;
}

/* The mode comes last: it lets others read. It also applies to the ACL that the folder may have passed on. */
static int give_access(int fd, mode_t mode, uid_t uid, gid_t gid)
{
	if (fremovexattr(fd, "system.posix_acl_access") < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return -1;
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
		return -1;
	return fchmod(fd, mode);
}

static int write_fresh(const char *path, int folder, const char *name, const struct secret *content, mode_t mode,
		       uid_t uid, gid_t gid, struct error *error)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), result = 0;

	if (fd < 0)
		return file_cannot("write the sink", path, FILE_WRITE, ERROR_UNEXPECTED, error);
	if (place_write_all(fd, secret_data(content), secret_length(content)) < 0 || fsync(fd) < 0) {
		result = file_cannot("write the sink", path, FILE_WRITE, ERROR_UNEXPECTED, error);
	} else if (give_access(fd, mode, uid, gid) < 0) {
		error_set(error, ERROR_UNEXPECTED, "cannot set mode and owner of the sink %s: %s", path,
			  strerror(errno));
		error_hint(error, "only root can give a file to another user, or to a group it is not in itself: "
				  "change sink-owner");
		result = -ERROR_UNEXPECTED;
	}
	if (close(fd) < 0 && result == 0)
		result = file_cannot("write the sink", path, FILE_WRITE, ERROR_UNEXPECTED, error);
	return result;
}

int sink_file_put(const char *path, const struct secret *content, mode_t mode, uid_t uid, gid_t gid,
		  struct error *error)
{
	struct names names;
	int folder, result;

	if (split(path, &names, error) < 0)
		return error_result(error);
	folder = open_folder(&names);
	if (folder < 0)
		return no_folder("write the sink", path, error);
	result = check_file_system(path, folder, error);
	if (result == 0 && check_old("replace the sink", path, folder, names.file, error) < 0)
		result = error_result(error);
	if (result == 0) {
		(void)unlinkat(folder, names.fresh, 0);
		result = write_fresh(path, folder, names.fresh, content, mode, uid, gid, error);
		if (result == 0 && renameat(folder, names.fresh, folder, names.file) < 0)
			result = file_cannot("replace the sink", path, FILE_WRITE, ERROR_UNEXPECTED, error);
		if (result < 0)
			(void)unlinkat(folder, names.fresh, 0);
	}
	close(folder);
	return result;
}

int sink_file_remove(const char *path, struct error *error)
{
	struct names names;
	int folder, result;

	if (split(path, &names, error) < 0)
		return error_result(error);
	folder = open_folder(&names);
	if (folder < 0)
		return errno == ENOENT ? 0 : no_folder("remove the sink", path, error);
	result = check_file_system(path, folder, error);
	if (result == 0) {
		(void)unlinkat(folder, names.fresh, 0);
		result = check_old("remove the sink", path, folder, names.file, error);
	}
	if (result > 0) {
		result = unlinkat(folder, names.file, 0);
		if (result < 0 && errno != ENOENT)
			result = file_cannot("remove the sink", path, FILE_WRITE, ERROR_UNEXPECTED, error);
	}
	close(folder);
	return result;
}
