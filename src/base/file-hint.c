/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file-hint.h"

#include "base/shell-word.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 400 }; /* bytes of a path shown in a hint that is not a command */

static void hint_read(int number, const char *path, struct error *error)
{
	char word[SHELL_WORD_SIZE];

	shell_word(path, strlen(path), word);
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		error_hint(error, "check the name: \"namei -l %s\" shows which part is missing", word);
		break;
	case EACCES:
		error_hint(error, "run the program as a user with access, or change it: see \"namei -l %s\"", word);
		break;
	case EISDIR:
		error_hint(error, "name a file in that folder");
		break;
	case ELOOP:
		error_hint(error, "name the file itself: the links form a loop, or there are too many");
		break;
	case ENAMETOOLONG:
		error_hint(error, "shorten the name: each part may have 255 bytes, and the whole 4,095");
		break;
	case EMFILE:
		error_hint(error, "allow more open files: ulimit -n");
		break;
	default:
		break;
	}
}

/* A file is replaced, not written to, so its folder matters: the first `length` bytes at `folder`. */
static void hint_folder(int number, const char *folder, size_t length, struct error *error)
{
	char word[SHELL_WORD_SIZE];

	shell_word(folder, length, word);
	switch (number) {
	case EACCES:
	case EPERM:
		error_hint(error, "make the folder writable, because the file is replaced: see \"ls -ld %s\" and "
			   "\"lsattr -d %s\"; or name a file elsewhere", word, word);
		break;
	case ENOENT:
		error_hint(error, "create the folder first: mkdir -p %s", word);
		break;
	case ENOTDIR:
		error_hint(error, "name a file in a folder; \"namei -l %s\" shows which part is a file", word);
		break;
	case EROFS:
		error_hint(error, "name a file elsewhere: the file system of %s is read-only", word);
		break;
	case ENOSPC:
	case EDQUOT:
		error_hint(error, "free some space (see \"df %s\" and \"quota\"), or name a file elsewhere", word);
		break;
	default:
		break;
	}
}

static void hint_write(int number, const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	const char *folder = slash == NULL ? "." : slash == path ? "/" : path;
	size_t length = slash == NULL || slash == path ? 1 : (size_t)(slash - path);

	switch (number) {
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
		hint_read(number, path, error);
		break;
	case EBUSY:
		error_hint(error, "the file is a mount point, as in a container: name it by its path outside");
		break;
	case EFBIG:
		error_hint(error, "allow larger files: ulimit -f");
		break;
	case EMFILE:
		hint_read(number, path, error);
		break;
	default:
		hint_folder(number, folder, length, error);
		break;
	}
}

/* Shells expand ~ and $NAME and remove quotation marks, but not after "file:" or inside quotes, nor in files and
 * environment variables. */
static bool hint_unexpanded(const char *path, struct error *error)
{
	const char *home = getenv("HOME");

	if (path[0] == '$') {
		error_hint(error, "write the whole path: variables are not expanded here");
		return true;
	}
	if (strspn(path, "\"' ") > 0) {
		error_hint(error, "remove the blanks or quotation marks around the path: they are part of the name");
		return true;
	}
	if (path[0] != '~')
		return false;
	if (path[1] == '/' && home != NULL && home[0] == '/')
		error_hint(error, "write %.*s%.*s: ~ is not expanded here", SHOWN, home, SHOWN, path + 1);
	else
		error_hint(error, "write the whole path: ~ is not expanded here");
	return true;
}

static void file_hint(int number, const char *path, enum file_use use, struct error *error)
{
	if ((number == ENOENT || number == ENOTDIR) && hint_unexpanded(path, error))
		return;
	if (use == FILE_READ)
		hint_read(number, path, error);
	else
		hint_write(number, path, error);
}

int file_cannot(const char *what, const char *path, enum file_use use, enum error_class class, struct error *error)
{
	int number = errno;

	error_set(error, class, "cannot %s %s: %s", what, path, strerror(number));
	file_hint(number, path, use, error);
	return -(int)class;
}
