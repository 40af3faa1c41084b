/* SPDX-License-Identifier: Apache-2.0 */
#include "base/output.h"

#include "base/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int descriptor = STDOUT_FILENO;

int output_write(const void *data, size_t length, struct error *error)
{
	const char *next = data;

	message_progress("%s", "");
	while (length > 0) {
		ssize_t written = write(descriptor, next, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set(error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
		next += written;
		length -= (size_t)written;
	}
	return 0;
}

void output_divert(void)
{
	int kept;

	if (descriptor != STDOUT_FILENO)
		return;
	fflush(stdout);
	kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (kept < 0)
		return;
	if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		close(kept);
	else
		descriptor = kept;
}

void output_restore(void)
{
	if (descriptor == STDOUT_FILENO)
		return;
	fflush(stdout);
	if (dup2(descriptor, STDOUT_FILENO) < 0) {
		/* A module has closed it: what is written now fails, rather than go where stdout goes meanwhile. */
		descriptor = -1;
		return;
	}
	close(descriptor);
	descriptor = STDOUT_FILENO;
}

int output_descriptor(void)
{
	return descriptor;
}
