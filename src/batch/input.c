/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines as they arrive, from stdin or another descriptor. */
#include "batch/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether stdin may have a writer. */
static bool has_writer(void)
{
	struct stat status;

	return fstat(STDIN_FILENO, &status) == 0 &&
	       (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(STDIN_FILENO));
}

int input_open(struct input *input, struct error *error)
{
	struct stat status;
	struct epoll_event closed = { .events = EPOLLRDHUP };
	off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

	*input = (struct input){ .fd = STDIN_FILENO, .name = "stdin", .room = LINE_BYTES_MAX,
				 .buffer = malloc(LINE_BYTES_MAX + 1), .size = -1, .closing = -1 };
	if (input->buffer == NULL)
		return error_memory(error);
	if (at >= 0 && fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode))
		input->size = status.st_size - at;
	if (!has_writer())
		return 0;
	/* libcurl waits only for input and output, so the event that the other end closes needs a descriptor that
	 * becomes readable. */
	input->closing = epoll_create1(EPOLL_CLOEXEC);
	if (input->closing < 0 || epoll_ctl(input->closing, EPOLL_CTL_ADD, STDIN_FILENO, &closed) < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot watch stdin: %s", strerror(errno));
	return 0;
}

void input_close(struct input *input)
{
	if (input->buffer != NULL && input->closing >= 0)
		close(input->closing);
	free(input->buffer);
	input->buffer = NULL;
}

int input_closing(const struct input *input)
{
	return input->closing;
}

/* Editors and spreadsheets put a byte-order mark before the first line. */
static void skip_mark(char **text, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (*text == NULL || *length < strlen(mark) || memcmp(*text, mark, strlen(mark)) != 0)
		return;
	*text += strlen(mark);
	*length -= strlen(mark);
}

bool input_take(struct input *input, char **text, size_t *length)
{
	char *begin = input->buffer + input->begin;
	size_t left = input->end - input->begin;
	char *newline = left > 0 ? memchr(begin, '\n', left) : NULL;
	size_t taken = newline != NULL ? (size_t)(newline - begin) + 1 : left;
	bool skipped = input->skips;

	if (newline == NULL && left == input->room) /* the buffer is full */
		input->skips = true;
	else if (newline != NULL || (input->ended && (left > 0 || skipped)))
		input->skips = false;
	else if (!skipped)
		return false;
	input->begin += taken;
	input->consumed += (off_t)taken;
	if (input->skips)
		return false;
	input->number++;
	*text = skipped ? NULL : begin;
	*length = newline != NULL ? taken - 1 : taken;
	begin[*length] = '\0';
	if (input->number == 1)
		skip_mark(text, length);
	return true;
}

bool input_is_blank(const char *text, size_t length)
{
	while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL && text[length - 1] != '\0')
		length--;
	return length == 0;
}

int input_fill(struct input *input, struct error *error)
{
	ssize_t got;

	memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
	input->end -= input->begin;
	input->begin = 0;
	do {
		got = read(input->fd, input->buffer + input->end, input->room - input->end);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot read %s: %s", input->name, strerror(errno));
	input->end += (size_t)got;
	input->ended = got == 0;
	return 0;
}

bool input_is_open(const struct input *input)
{
	struct pollfd end = { .fd = STDIN_FILENO, .events = POLLRDHUP };

	return !input->ended && has_writer() && poll(&end, 1, 0) == 0;
}
