/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	TEXT_MAX = 4096,    /* bytes of a message */
	PROGRESS_MAX = 256, /* bytes of a line of progress */
};

static bool verbose;
static void (*taker)(void *context, const char *text); /* of warnings; NULL: they are printed */
static void *taker_context;
static double started; /* clock_ms */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the terminal and the variables below */
static int progress_width; /* columns that message_progress has filled */

void message_verbose(bool on)
{
	verbose = on;
	started = clock_ms();
}

bool message_is_verbose(void)
{
	return verbose;
}

void message_put(const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t written = write(STDERR_FILENO, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

static void clear_progress(void)
{
	char blanks[PROGRESS_MAX + 3];

	if (progress_width > 0) {
		snprintf(blanks, sizeof(blanks), "\r%*s\r", progress_width, "");
		message_put(blanks);
	}
	progress_width = 0;
}

static void say(const char *label, const char *text)
{
	char line[TEXT_MAX + 64];

	snprintf(line, sizeof(line), "p11bearer: %s%s\n", label, text);
	pthread_mutex_lock(&lock);
	clear_progress();
	message_put(line);
	pthread_mutex_unlock(&lock);
}

#define SAY(label)                                                   \
	do {                                                         \
		char text[TEXT_MAX];                                 \
		va_list arguments;                                   \
		va_start(arguments, format);                         \
		vsnprintf(text, sizeof(text), format, arguments);    \
		va_end(arguments);                                   \
		text_line(text);                                     \
		say(label, text);                                    \
	} while (0)

void message_take_warnings(void (*take)(void *context, const char *text), void *context)
{
	taker = take;
	taker_context = context;
}

void message_warn(const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_line(text);
	if (taker != NULL)
		taker(taker_context, text);
	else
		say("warning: ", text);
}

void message_note(const char *format, ...)
{
	SAY("");
}

void message_step(const char *format, ...)
{
	char label[32];

	if (!verbose)
		return;
	snprintf(label, sizeof(label), "[%8.1f ms] ", clock_ms() - started);
	SAY(label);
}

/* One column less than the terminal has: text in the last column would wrap and could not be erased. */
static int line_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

bool message_progress(const char *format, ...)
{
	char text[PROGRESS_MAX];
	va_list arguments;
	int width = line_width();

	if (isatty(STDERR_FILENO) != 1)
		return false;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_line(text);
	if ((size_t)width < sizeof(text))
		text[width] = '\0';
	pthread_mutex_lock(&lock);
	clear_progress();
	message_put(text);
	progress_width = (int)strlen(text);
	pthread_mutex_unlock(&lock);
	return true;
}

void message_progress_end(void)
{
	pthread_mutex_lock(&lock);
	clear_progress();
	pthread_mutex_unlock(&lock);
}

void message_error(const struct error *error)
{
	char text[sizeof(error->text)];

	/* A list, such as one of matching keys, has several lines. error_append has already made each one safe. */
	snprintf(text, sizeof(text), "%s", error->text);
	text_clean(text, "\n");
	say("", text);
	if (error->hint[0] != '\0')
		message_note("%s", error->hint);
}
