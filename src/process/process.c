/* SPDX-License-Identifier: Apache-2.0 */
#include "process/process.h"

#include "process/kept.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef P11BEARER_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

static void (*at_end)(int status);

void process_protect(void)
{
	struct rlimit none = { 0, 0 };
	struct rlimit core;

	kept_given();
	/* Leave the hard limit, because a lowered one could not be raised again. */
	if (getrlimit(RLIMIT_CORE, &core) == 0)
		none.rlim_max = core.rlim_max;
	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef P11BEARER_SANITIZED /* the sanitizers' leak check needs ptrace */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too large fails like a full disk */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* open() returns the lowest free number, which is `fd`. Stdout is opened read-only, so that writing
		 * to it fails instead of losing data. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
	}
}

void process_at_end(void (*work)(int status))
{
	at_end = work;
}

void process_finish(int status)
{
	void (*work)(int) = at_end;

	at_end = NULL;
	if (work != NULL)
		work(status);
}

void process_end(int status)
{
	process_finish(status);
	fflush(stdout); /* what a module has put there in the meantime */
#ifdef P11BEARER_SANITIZED
	__lsan_do_leak_check();
#endif
	_exit(status);
}

void process_blank(char *text)
{
	memset(text, '*', strlen(text));
}
