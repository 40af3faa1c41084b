/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef P11BEARER_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

/* What the process was given, and code that is not ours may change. */
static struct rlimit core_before;
static struct sigaction actions_before[NSIG];
static sigset_t mask_before;
static mode_t umask_before;
static char folder[PATH_MAX];
static void (*at_end)(int status);
static bool protected; /* the above is known */

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
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, NULL, &actions_before[number]);
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	signal(SIGPIPE, SIG_IGN);
	umask_before = umask(0);
	umask(umask_before);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* An open file takes the lowest free number, which is `fd` itself. Stdout is opened for reading, so that
		 * writing data to it fails rather than loses them. */
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
	}
	protected = true;
	if (getcwd(folder, sizeof(folder)) == NULL)
		folder[0] = '\0';
}

void process_restore(void)
{
	if (!protected)
		return;
	umask(umask_before);
	if (folder[0] != '\0' && chdir(folder) < 0)
		folder[0] = '\0';
}

void process_unprotect(void)
{
	if (!protected)
		return;
	(void)setrlimit(RLIMIT_CORE, &core_before);
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &actions_before[number], NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
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
	fflush(stdout); /* what a module has put there meanwhile */
#ifdef P11BEARER_SANITIZED
	__lsan_do_leak_check();
#endif
	_exit(status);
}

void process_blank(char *text)
{
	memset(text, '*', strlen(text));
}
