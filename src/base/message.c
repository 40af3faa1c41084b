/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool verbose;
static struct timespec started;

void message_verbose(bool on)
{
	verbose = on;
	clock_gettime(CLOCK_MONOTONIC, &started);
}

bool message_is_verbose(void)
{
	return verbose;
}

static void say(const char *label, char *text)
{
	/* A list (of matching keys, say) has lines of its own; nothing else that moves the cursor is let through. */
	text_clean(text, "\n");
	fprintf(stderr, "p11bearer: %s%s\n", label, text);
}

#define SAY(label)                                                   \
	do {                                                         \
		char text[4096];                                     \
		va_list arguments;                                   \
		va_start(arguments, format);                         \
		vsnprintf(text, sizeof(text), format, arguments);    \
		va_end(arguments);                                   \
		say(label, text);                                    \
	} while (0)

void message_warn(const char *format, ...)
{
	SAY("warning: ");
}

void message_note(const char *format, ...)
{
	SAY("");
}

void message_step(const char *format, ...)
{
	struct timespec now;
	char label[32];
	double elapsed;

	if (!verbose)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	elapsed = (double)(now.tv_sec - started.tv_sec) * 1e3 + (double)(now.tv_nsec - started.tv_nsec) / 1e6;
	snprintf(label, sizeof(label), "[%8.1f ms] ", elapsed);
	SAY(label);
}

void message_error(const struct error *error)
{
	message_note("%s", error->text);
	if (error->hint[0] != '\0')
		message_note("%s", error->hint);
}

int output_write(const void *data, size_t length, struct error *error)
{
	const char *next = data;

	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, next, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set(error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
		next += written;
		length -= (size_t)written;
	}
	return 0;
}
