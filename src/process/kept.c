/* SPDX-License-Identifier: Apache-2.0 */
#include "process/kept.h"

#include "base/message.h"
#include "process/disposition.h"
#include "process/kept-environment.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	STANDARD = STDERR_FILENO + 1,
	OUT_OF_REACH = 300, /* lowest number for copies: modules that close descriptors start below */
};
static const __itimer_which_t timers[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
enum { TIMERS = sizeof(timers) / sizeof(timers[0]) };

/* What a program inherits through execve(2) and can read and set. */
struct state {
	bool known;
	struct rlimit limits[RLIM_NLIMITS];
	mode_t umask;
	char folder[PATH_MAX]; /* "" if it has no path */
	int niceness;
	cpu_set_t processors;
	bool has_processors;
	bool has_timer[TIMERS];
	int parent_signal; /* PR_SET_PDEATHSIG */
	bool dumpable;
};
static struct state given, noted;
static struct sigaction actions[NSIG]; /* as given */
static sigset_t mask;                  /* as given */
static bool warned;

/* The open files; the last one is the current folder, which may have lost its path. */
enum { FOLDER = STANDARD, FILES };
static struct {
	int copy, flags;
	struct stat what;
} files[FILES] = { { .copy = -1 }, { .copy = -1 }, { .copy = -1 }, { .copy = -1 } };

static void read_state(struct state *state)
{
	struct itimerval timer;

	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		(void)getrlimit((__rlimit_resource_t)i, &state->limits[i]);
	state->umask = umask(0);
	umask(state->umask);
	if (getcwd(state->folder, sizeof(state->folder)) == NULL)
		state->folder[0] = '\0';
	state->niceness = getpriority(PRIO_PROCESS, 0);
	state->has_processors = sched_getaffinity(0, sizeof(state->processors), &state->processors) == 0;
	for (size_t i = 0; i < TIMERS; i++)
		state->has_timer[i] = getitimer(timers[i], &timer) == 0 && timerisset(&timer.it_value);
	(void)prctl(PR_GET_PDEATHSIG, &state->parent_signal, 0, 0, 0);
	state->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
	state->known = true;
}

/* --- restoring --------------------------------------------------------------------------------------------------- */

static void put_limit(const struct state *state, __rlimit_resource_t which)
{
	const struct rlimit *wanted = &state->limits[which];
	struct rlimit now;

	if (getrlimit(which, &now) < 0 || (now.rlim_cur == wanted->rlim_cur && now.rlim_max == wanted->rlim_max) ||
	    setrlimit(which, wanted) == 0)
		return;
	now.rlim_cur = wanted->rlim_cur < now.rlim_max ? wanted->rlim_cur : now.rlim_max;
	(void)setrlimit(which, &now);
	if (!warned)
		message_warn("a module has lowered a hard resource limit%s, and this process may not raise it again",
			     which == RLIMIT_NOFILE ? ", that on open files" : "");
	warned = true;
}

/* A module that closes descriptors may have closed ours, and the number may have been reused. */
static bool is_file(int fd, const struct stat *what)
{
	struct stat now;

	return fd >= 0 && fstat(fd, &now) == 0 && now.st_dev == what->st_dev && now.st_ino == what->st_ino &&
	       now.st_rdev == what->st_rdev;
}

static void put_folder(const struct state *state)
{
	if (is_file(files[FOLDER].copy, &files[FOLDER].what) && fchdir(files[FOLDER].copy) == 0)
		return;
	if (state->folder[0] != '\0' && chdir(state->folder) < 0 && !warned) {
		message_warn("a module has changed the current folder, and %s is gone", state->folder);
		warned = true;
	}
}

/* A raised limit stays: modules that open many connections raise it for themselves. */
static void put_lowered_limit(const struct state *state, __rlimit_resource_t which)
{
	struct rlimit now;

	if (getrlimit(which, &now) == 0 &&
	    (now.rlim_cur < state->limits[which].rlim_cur || now.rlim_max < state->limits[which].rlim_max))
		put_limit(state, which);
}

static void put_processors(const struct state *state)
{
	cpu_set_t now;

	if (state->has_processors && sched_getaffinity(0, sizeof(now), &now) == 0 &&
	    !CPU_EQUAL(&now, &state->processors))
		(void)sched_setaffinity(0, sizeof(now), &state->processors);
}

/* Keeps the decimal point and English messages. Makes no system call. */
static void put_locale(void)
{
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (strcmp(setlocale(LC_ALL, NULL), "C") != 0)
		(void)setlocale(LC_ALL, "C");
}

/* A value set by the caller of the program stays. */
static void stop_timers(void)
{
	static const struct itimerval none;

	for (size_t i = 0; i < TIMERS; i++) {
		if (!given.has_timer[i])
			(void)setitimer(timers[i], &none, NULL);
	}
}

/* --- stdin, stdout, stderr, and the folder ----------------------------------------------------------------------- */

static void note_file(int index, int fd)
{
	files[index].copy = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_REACH);
	if (files[index].copy < 0)
		files[index].copy = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD);
	files[index].flags = fcntl(fd, F_GETFL);
	if (files[index].copy >= 0 && fstat(fd, &files[index].what) < 0) {
		close(files[index].copy);
		files[index].copy = -1;
	}
}

static void note_files(void)
{
	int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int fd = 0; fd < STANDARD; fd++)
		note_file(fd, fd);
	note_file(FOLDER, folder);
	if (folder >= 0)
		close(folder);
}

static void put_standard(void)
{
	for (int fd = 0; fd < STANDARD; fd++) {
		const struct stat *what = &files[fd].what;

		if (files[fd].copy >= 0 && !is_file(fd, what) && is_file(files[fd].copy, what))
			(void)dup2(files[fd].copy, fd);
	}
}

/* Flags such as O_NONBLOCK belong to the open file, and so affect everybody who shares it. */
static void end_files(void)
{
	for (int i = 0; i < FILES; i++) {
		if (is_file(files[i].copy, &files[i].what)) {
			if (i != FOLDER && files[i].flags >= 0 && fcntl(files[i].copy, F_GETFL) != files[i].flags)
				(void)fcntl(files[i].copy, F_SETFL, files[i].flags);
			close(files[i].copy);
		}
		files[i].copy = -1;
	}
}

/* --- begin and end ----------------------------------------------------------------------------------------------- */

void kept_given(void)
{
	read_state(&given);
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, NULL, &actions[number]);
	sigprocmask(SIG_SETMASK, NULL, &mask);
}

void kept_give_back(void)
{
	int parent_signal;

	if (!given.known)
		return;
	umask(given.umask);
	put_folder(&given);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		put_limit(&given, (__rlimit_resource_t)i);
	put_processors(&given);
	if (getpriority(PRIO_PROCESS, 0) != given.niceness && setpriority(PRIO_PROCESS, 0, given.niceness) < 0)
		message_warn("a module has lowered the priority of this process, which only root can raise again");
	stop_timers();
	if (prctl(PR_GET_PDEATHSIG, &parent_signal, 0, 0, 0) == 0 && parent_signal != 0) /* a new child has none */
		(void)prctl(PR_SET_PDEATHSIG, given.parent_signal, 0, 0, 0);
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &actions[number], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void kept_note(void)
{
	if (noted.known)
		return;
	read_state(&noted);
	kept_environment_note();
	note_files();
	disposition_note();
}

void kept_restore_some(const sigset_t *thread)
{
	(void)pthread_sigmask(SIG_SETMASK, thread, NULL);
	disposition_restore();
	if (!noted.known)
		return;
	put_lowered_limit(&noted, RLIMIT_NOFILE);
	kept_environment_put();
	put_locale();
}

void kept_restore(const sigset_t *thread)
{
	kept_restore_some(thread);
	if (!noted.known)
		return;
	umask(noted.umask);
	put_folder(&noted);
	put_lowered_limit(&noted, RLIMIT_FSIZE);   /* for files, */
	put_lowered_limit(&noted, RLIMIT_NPROC);   /* for threads, */
	put_lowered_limit(&noted, RLIMIT_AS);
	put_lowered_limit(&noted, RLIMIT_DATA);
	put_lowered_limit(&noted, RLIMIT_MEMLOCK); /* and for locked memory */
	/* A core file would contain secrets. */
	put_limit(&noted, RLIMIT_CORE);
	if (!noted.dumpable)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	put_processors(&noted);
	put_standard();
}

void kept_end(void)
{
	if (!noted.known)
		return;
	kept_environment_put();
	put_standard();
	end_files();
	noted.known = false;
}
