/* SPDX-License-Identifier: Apache-2.0 */
#include "process/child-read.h"

#include "base/file.h"
#include "process/child.h"
#include "process/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 16 << 20 };

static void execute(char *const *argv, char *const *environment, int output, int messages)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(messages, STDERR_FILENO) >= 0) {
		kept_give_back();
		execve(argv[0], argv, environment);
	}
	_exit(errno == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE);
}

static int run(char *const *argv, char *const *environment, int output, int messages, int *status, struct error *error)
{
	pid_t child = fork();

	if (child < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot run %s: %s", argv[0], strerror(errno));
	if (child == 0)
		execute(argv, environment, output, messages);
	while (waitpid(child, status, 0) < 0) {
		if (errno != EINTR)
			return error_set(error, ERROR_UNEXPECTED, "cannot wait for %s: %s", argv[0], strerror(errno));
	}
	*status = child_status(*status);
	return 0;
}

static int take(int fd, const char *name, char **text, struct error *error)
{
	size_t length;
	int result;

	(void)lseek(fd, 0, SEEK_SET);
	result = file_read_descriptor(fd, name, TEXT_MAX, text, &length, error);
	if (result < 0)
		error->class = ERROR_UNEXPECTED;
	return result < 0 ? error_result(error) : 0;
}

int child_read(char *const *argv, char *const *environment, struct child_text *text, int *status, struct error *error)
{
	/* In memory rather than in pipes: the program never waits for its reader. */
	int output = memfd_create("output", MFD_CLOEXEC), messages = memfd_create("messages", MFD_CLOEXEC);
	int result;

	*text = (struct child_text){ NULL, NULL };
	if (output < 0 || messages < 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot run %s: %s", argv[0], strerror(errno));
	else
		result = run(argv, environment, output, messages, status, error);
	if (result == 0)
		result = take(output, argv[0], &text->output, error);
	if (result == 0)
		result = take(messages, argv[0], &text->messages, error);
	if (output >= 0)
		close(output);
	if (messages >= 0)
		close(messages);
	return result;
}

void child_text_clear(struct child_text *text)
{
	free(text->output);
	free(text->messages);
	*text = (struct child_text){ NULL, NULL };
}
