/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/descriptor.h"
#include "base/file-hint.h"
#include "base/secret.h"
#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_ROOM = 4096, /* bytes */
	PIECE = 1024,
};

/* Doubles the buffer, up to one byte over the limit, to detect a file that is too large; stat cannot tell the size
 * of a pipe. The file may hold a secret, so leave no copy behind. */
static bool grow(char **buffer, size_t *room, size_t limit)
{
	size_t wanted = *room < limit / 2 ? *room * 2 : limit;
	char *grown = wipe_realloc(*buffer, wanted + 1);

	if (grown == NULL)
		return false;
	*buffer = grown;
	*room = wanted + 1;
	return true;
}

int file_read_descriptor(int fd, const char *name, size_t limit, char **data, size_t *length, struct error *error)
{
	size_t used = 0, room = FIRST_ROOM;
	char *buffer = NULL;
	ssize_t got = 0;
	int result;

	if (!grow(&buffer, &room, limit))
		return error_memory(error);
	while ((got = read(fd, buffer + used, room - used)) > 0 || (got < 0 && errno == EINTR)) {
		used += got > 0 ? (size_t)got : 0;
		if (used > limit)
			break;
		if (used == room && !grow(&buffer, &room, limit)) {
			result = error_memory(error);
			goto out;
		}
	}
	if (got < 0) {
		result = file_cannot("read", name, FILE_READ, ERROR_CONFIG, error);
		goto out;
	}
	if (used > limit) {
		result = error_set(error, ERROR_CONFIG, "%s is larger than %zu bytes", name, limit);
		goto out;
	}
	buffer[used] = '\0';
	*data = buffer;
	*length = used;
	buffer = NULL;
	result = 0;
out:
	wipe_free(buffer);
	return result;
}

/* O_NONBLOCK, because opening a FIFO would wait for its writer. A descriptor may be a pipe. */
int file_open(const char *path, struct error *error)
{
	int descriptor;
	bool own = descriptor_path(path, &descriptor);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (own ? 0 : O_NONBLOCK));
	struct stat status;

	if (fd < 0)
		return file_cannot("open", path, FILE_READ, ERROR_CONFIG, error);
	if (fstat(fd, &status) < 0 || (!own && (S_ISFIFO(status.st_mode) || S_ISBLK(status.st_mode)))) {
		error_set(error, ERROR_CONFIG, "cannot read %s: it is %s, not a regular file", path,
			  trust_kind(&status));
		close(fd);
		return -ERROR_CONFIG;
	}
	return fd;
}

int file_read(const char *path, size_t limit, char **data, size_t *length, struct error *error)
{
	int fd = file_open(path, error);
	int result;

	if (fd < 0)
		return fd;
	result = file_read_descriptor(fd, path, limit, data, length, error);
	close(fd);
	return result;
}

int file_read_secret(const char *path, size_t limit, struct secret *secret, struct error *error)
{
	int fd = file_open(path, error), result = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fd;
	while (result == 0 && got != 0 && secret_length(secret) <= limit) {
		size_t length = secret_length(secret);
		char *piece = secret_extend(secret, PIECE);

		if (piece == NULL) {
			result = error_memory(error);
			break;
		}
		got = read(fd, piece, PIECE);
		if (got < 0 && errno != EINTR)
			result = file_cannot("read", path, FILE_READ, ERROR_CONFIG, error);
		secret_truncate(secret, length + (got > 0 ? (size_t)got : 0));
	}
	if (result == 0 && secret_length(secret) > limit)
		result = error_set(error, ERROR_CONFIG, "%s is larger than %zu bytes", path, limit);
	close(fd);
	return result;
}

char *file_absolute(const char *path)
{
	char *folder, *absolute;

	if (path[0] == '/')
		return strdup(path);
	folder = getcwd(NULL, 0);
	if (folder == NULL)
		return NULL;
	if (asprintf(&absolute, "%s/%s", folder, path) < 0)
		absolute = NULL;
	free(folder);
	return absolute;
}
