/* SPDX-License-Identifier: Apache-2.0 */
#include "process/child.h"

#include "base/message.h"
#include "process/kept.h"
#include "process/output.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed_on[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGCONT,
};
static sigset_t mask_before; /* by child_run; valid if `blocked` */
static bool blocked;

int child_exec(char *const *argv, char *const *environment, struct error *error)
{
	int status;

	output_restore();
	kept_give_back();
	execvpe(argv[0], argv, environment);
	status = errno == ENOENT || errno == ENOTDIR ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
	error_set(error, ERROR_USAGE, "cannot run %s: %s", argv[0], strerror(errno));
	return status;
}

int child_status(int status)
{
	return WIFSIGNALED(status) ? CHILD_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Returns whether the child has ended. If the terminal stopped it, stops this process too, as a shell with job
 * control expects; the following SIGCONT comes to this process and is passed on. */
static bool has_ended(pid_t child, int *status)
{
	int now;

	while (waitpid(child, &now, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(now)) {
			*status = child_status(now);
			return true;
		}
		if (WSTOPSIG(now) == SIGTSTP || WSTOPSIG(now) == SIGTTIN || WSTOPSIG(now) == SIGTTOU)
			raise(SIGSTOP);
	}
	return false;
}

static void attend(pid_t child, const sigset_t *signals, int *status)
{
	siginfo_t info;

	while (!has_ended(child, status)) {
		if (sigwaitinfo(signals, &info) < 0 || info.si_signo == SIGCHLD)
			continue;
		/* The terminal sends its signals to the whole group, which includes the child. */
		if (info.si_code != SI_KERNEL)
			kill(child, info.si_signo);
	}
}

/* Signals during the command were meant for the command. Drop those that came after its end. */
static void drop_pending(const sigset_t *signals)
{
	const struct timespec now = { .tv_sec = 0 };

	while (sigtimedwait(signals, NULL, &now) > 0)
		;
}

int child_run(char *const *argv, char *const *environment, int *status, struct error *error)
{
	sigset_t signals;
	void (*chld_before)(int);
	pid_t child;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&signals, passed_on[i]);
	/* Block them before fork(), so that none is lost and none ends this process before its work is done. */
	sigprocmask(SIG_BLOCK, &signals, &mask_before);
	blocked = true;
	chld_before = signal(SIGCHLD, SIG_DFL); /* a process that ignores SIGCHLD does not learn how its child ended */
	child = fork();
	if (child < 0)
		return error_set(error, ERROR_UNEXPECTED, "cannot run %s: %s", argv[0], strerror(errno));
	if (child == 0) {
		signal(SIGCHLD, chld_before);
		sigprocmask(SIG_SETMASK, &mask_before, NULL);
		*status = child_exec(argv, environment, error);
		message_error(error);
		_exit(*status); /* this copy of the process must not return */
	}
	attend(child, &signals, status);
	drop_pending(&signals);
	return 0;
}

void child_unblock(void)
{
	if (blocked)
		sigprocmask(SIG_SETMASK, &mask_before, NULL);
	blocked = false;
}
