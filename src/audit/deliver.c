/* SPDX-License-Identifier: Apache-2.0 */
/* Where records go: files and sockets. */
#include "audit/internal.h"

#include "base/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE = 2 }; /* seconds */

/* --- files ------------------------------------------------------------------------------------------------------- */

static int check_file(const char *path, int fd, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_set(error, ERROR_CONFIG, "cannot check the audit file %s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode)) {
		error_set(error, ERROR_CONFIG, "the audit file %s is %s", path, trust_kind(&status));
		error_hint(error, "name a regular file, or one that does not exist yet");
		return -ERROR_CONFIG;
	}
	return trust_check(path, fd, ERROR_CONFIG, error);
}

int deliver_open_file(const char *path, int *fd, struct error *error)
{
	/* O_NONBLOCK: a FIFO must not block. */
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	*fd = open(path, flags, 0600);
	if (*fd < 0 && errno == ELOOP) {
		error_set(error, ERROR_CONFIG, "the audit file %s is a symbolic link", path);
		error_hint(error, "name the file that it leads to");
		return -ERROR_CONFIG;
	}
	if (*fd < 0)
		return error_set(error, ERROR_CONFIG, "cannot open the audit file %s: %s", path, strerror(errno));
	if (check_file(path, *fd, error) < 0) {
		close(*fd);
		return error_result(error);
	}
	return 0;
}

static bool is_cut_off(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

int deliver_append(const char *path, const struct secret *line, bool repair, struct error *error)
{
	struct secret *text;
	ssize_t written = -1;
	int fd, number;

	if (deliver_open_file(path, &fd, error) < 0)
		return error_result(error);
	text = secret_new(secret_length(line) + 2);
	if (text == NULL || (repair && is_cut_off(fd) && secret_append(text, "\n", 1) < 0) ||
	    secret_append(text, secret_data(line), secret_length(line)) < 0 || secret_append(text, "\n", 1) < 0) {
		error_memory(error);
	} else {
		written = write(fd, secret_data(text), secret_length(text));
		number = written < 0 ? errno : ENOSPC;
		if (written != (ssize_t)secret_length(text)) {
			error_set(error, ERROR_UNEXPECTED, "cannot write to the audit file %s: %s", path,
				  strerror(number));
			written = -1;
		}
	}
	secret_free(&text);
	close(fd);
	return written < 0 ? error_result(error) : 0;
}

/* --- sockets ----------------------------------------------------------------------------------------------------- */

/* Connects to a socket of either type. Returns -1 and errno if it cannot. */
static int connect_to(const char *path, bool *is_stream)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = PATIENCE };
	int fd = -1, number;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (size_t i = 0; i < 2; i++) {
		*is_stream = types[i] == SOCK_STREAM;
		fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return -1;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		number = errno;
		close(fd);
		errno = number;
		if (number != EPROTOTYPE)
			return -1;
	}
	return -1;
}

int deliver_send(const char *path, const struct secret *data, bool patient, struct error *error)
{
	bool is_stream;
	int fd = connect_to(path, &is_stream), number = errno;
	ssize_t sent = fd;
	size_t length;

	if (fd >= 0 && data != NULL) {
		length = secret_length(data) + (is_stream ? 1 : 0);
		do {
			sent = send(fd, secret_data(data), length, MSG_NOSIGNAL | (patient ? 0 : MSG_DONTWAIT));
		} while (sent < 0 && errno == EINTR);
		number = sent < 0 ? errno : ENOBUFS;
		sent = sent == (ssize_t)length ? sent : -1;
	}
	if (fd >= 0)
		close(fd);
	if (sent >= 0)
		return 0;
	if (number == EAGAIN)
		return error_set(error, ERROR_UNEXPECTED, "cannot write the audit record to %s: it takes no more now",
				 path);
	return error_set(error, ERROR_UNEXPECTED, "cannot write the audit record to %s: %s", path, strerror(number));
}
