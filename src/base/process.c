/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static struct rlimit core_before;
static void (*sigpipe_before)(int);

void process_protect(void)
{
	struct rlimit none = { 0, 0 };

	/* The hard limit stays: without it there would be no way back. */
	if (getrlimit(RLIMIT_CORE, &core_before) == 0)
		none.rlim_max = core_before.rlim_max;
	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef P11BEARER_SANITIZED /* the leak check of the sanitizers needs ptrace */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	sigpipe_before = signal(SIGPIPE, SIG_IGN);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* An open file takes the lowest free number, which is `fd` itself. Stdout is opened for reading, so that
		 * writing data to it fails rather than loses them. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
	}
}

void process_unprotect(void)
{
	(void)setrlimit(RLIMIT_CORE, &core_before);
	signal(SIGPIPE, sigpipe_before);
}

void process_blank(char *text)
{
	memset(text, '*', strlen(text));
}
