/* SPDX-License-Identifier: Apache-2.0 */
#include "process/output.h"

#include "base/json.h"
#include "base/message.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int descriptor = STDOUT_FILENO;
static struct stat kept; /* its identity when it was diverted */

/* A module that closes foreign descriptors may have closed this one, and the number may have been reused. */
static bool is_kept(void)
{
	struct stat now;

	return descriptor == STDOUT_FILENO ||
	       (fstat(descriptor, &now) == 0 && now.st_dev == kept.st_dev && now.st_ino == kept.st_ino);
}

int output_write(const void *data, size_t length, struct error *error)
{
	const char *next = data;

	message_progress_end();
	if (!is_kept())
		return error_set(error, ERROR_UNEXPECTED, "cannot write to stdout: a module has closed it");
	while (length > 0) {
		ssize_t written = write(descriptor, next, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN) { /* a process that shares it may have made it non-blocking */
			poll(&(struct pollfd){ .fd = descriptor, .events = POLLOUT }, 1, -1);
			continue;
		}
		if (written < 0) {
			error_set(error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
			error->code = (unsigned long)errno;
			return error_result(error);
		}
		next += written;
		length -= (size_t)written;
	}
	return 0;
}

int output_json(const char *text, struct error *error)
{
	struct secret *json = text != NULL ? secret_new(strlen(text) + 1) : NULL;
	int result;

	if (json == NULL || json_escape(json, text) < 0 || secret_append(json, "\n", 1) < 0)
		result = error_memory(error);
	else
		result = output_write(secret_data(json), secret_length(json), error);
	secret_free(&json);
	return result;
}

void output_divert(void)
{
	int copy;

	if (descriptor != STDOUT_FILENO)
		return;
	fflush(stdout);
	copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (copy < 0)
		return;
	if (fstat(copy, &kept) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		close(copy);
	else
		descriptor = copy;
}

void output_restore(void)
{
	if (descriptor == STDOUT_FILENO)
		return;
	fflush(stdout);
	if (!is_kept() || dup2(descriptor, STDOUT_FILENO) < 0) {
		close(STDOUT_FILENO);
		return;
	}
	close(descriptor);
	descriptor = STDOUT_FILENO;
}

int output_descriptor(void)
{
	return descriptor;
}
