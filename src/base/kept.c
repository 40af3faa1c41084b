/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kept.h"

#include "base/disposition.h"
#include "base/message.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	STANDARD = STDERR_FILENO + 1,
	OUT_OF_REACH = 300, /* copies get numbers from here on: modules that close descriptors begin below */
};
static const __itimer_which_t timers[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
enum { TIMERS = sizeof(timers) / sizeof(timers[0]) };

/* What a program inherits by execve(2) that can be read and set. */
struct state {
	bool known;
	struct rlimit limits[RLIM_NLIMITS];
	mode_t umask;
	char folder[PATH_MAX]; /* "" if it has no path */
	int niceness;
	cpu_set_t processors;
	bool has_processors;
	bool has_timer[TIMERS];
};
static struct state given, noted;
static struct sigaction actions[NSIG]; /* as given */
static sigset_t mask;                  /* as given */
static bool warned;

static char **environment, **working; /* as noted; and what environ is when it had to be put back */
static size_t variables;

/* The open files, and a descriptor for the folder, which may have lost its path. */
static struct {
	int copy, flags;
	struct stat what;
} standard[STANDARD];
static int folder = -1;

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
	state->known = true;
}

/* --- putting back ------------------------------------------------------------------------------------------------ */

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
		message_warn("a module has lowered a hard resource limit%s, which this process may not raise again",
			     which == RLIMIT_NOFILE ? ", that on open files" : "");
	warned = true;
}

static void put_folder(const struct state *state)
{
	if (folder >= 0 && fchdir(folder) == 0)
		return;
	if (state->folder[0] != '\0' && chdir(state->folder) < 0 && !warned) {
		message_warn("a module has changed the current folder, and %s is gone", state->folder);
		warned = true;
	}
}

static void put_processors(const struct state *state)
{
	cpu_set_t now;

	if (state->has_processors && sched_getaffinity(0, sizeof(now), &now) == 0 && !CPU_EQUAL(&now, &state->processors))
		(void)sched_setaffinity(0, sizeof(now), &state->processors);
}

/* One that was set before is left as it is. */
static void stop_timers(void)
{
	static const struct itimerval none;

	for (size_t i = 0; i < TIMERS; i++) {
		if (!given.has_timer[i])
			(void)setitimer(timers[i], &none, NULL);
	}
}

/* --- environment ------------------------------------------------------------------------------------------------- */

/* The pointers are kept, not the text: what is blanked because it is secret stays blank. */
static void note_environment(void)
{
	size_t count = 0;
	char **copy;

	while (environ[count] != NULL)
		count++;
	copy = calloc(2 * (count + 1), sizeof(*copy));
	if (copy == NULL)
		return;
	memcpy(copy, environ, count * sizeof(*copy));
	/* Never freed: a thread of a module may be reading the one before. */
	environment = copy;
	working = copy + count + 1;
	variables = count;
}

static bool environment_is_same(void)
{
	return environ != NULL && memcmp(environ, environment, (variables + 1) * sizeof(*environ)) == 0;
}

static void put_environment(void)
{
	size_t count = 0;

	if (environment == NULL)
		return;
	while (environ != NULL && count < variables && environ[count] != NULL)
		count++;
	if (count == variables && environment_is_same())
		return;
	memcpy(working, environment, (variables + 1) * sizeof(*working));
	environ = working;
}

/* --- stdin, stdout, stderr --------------------------------------------------------------------------------------- */

static void note_standard(void)
{
	for (int fd = 0; fd < STANDARD; fd++) {
		standard[fd].copy = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_REACH);
		if (standard[fd].copy < 0)
			standard[fd].copy = fcntl(fd, F_DUPFD_CLOEXEC, STANDARD);
		standard[fd].flags = fcntl(fd, F_GETFL);
		if (standard[fd].copy >= 0 && fstat(fd, &standard[fd].what) < 0)
			standard[fd].copy = -1;
	}
	folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_file(int fd, const struct stat *what)
{
	struct stat now;

	return fstat(fd, &now) == 0 && now.st_dev == what->st_dev && now.st_ino == what->st_ino &&
	       now.st_rdev == what->st_rdev;
}

static void put_standard(void)
{
	for (int fd = 0; fd < STANDARD; fd++) {
		const struct stat *what = &standard[fd].what;

		if (standard[fd].copy >= 0 && !is_file(fd, what) && is_file(standard[fd].copy, what))
			(void)dup2(standard[fd].copy, fd);
	}
}

/* Flags such as O_NONBLOCK are those of the open file, and so whoever shares it has them too. */
static void end_standard(void)
{
	for (int fd = 0; fd < STANDARD; fd++) {
		if (standard[fd].copy < 0)
			continue;
		if (standard[fd].flags >= 0 && fcntl(standard[fd].copy, F_GETFL) != standard[fd].flags)
			(void)fcntl(standard[fd].copy, F_SETFL, standard[fd].flags);
		if (is_file(standard[fd].copy, &standard[fd].what))
			close(standard[fd].copy);
		standard[fd].copy = -1;
	}
	if (folder >= 0)
		close(folder);
	folder = -1;
}

/* --- from when to when ------------------------------------------------------------------------------------------- */

void kept_given(void)
{
	read_state(&given);
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, NULL, &actions[number]);
	sigprocmask(SIG_SETMASK, NULL, &mask);
}

void kept_give_back(void)
{
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
	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &actions[number], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void kept_note(void)
{
	if (noted.known)
		return;
	read_state(&noted);
	note_environment();
	note_standard();
	disposition_note();
}

void kept_restore_some(const sigset_t *thread)
{
	(void)pthread_sigmask(SIG_SETMASK, thread, NULL);
	disposition_restore();
	if (!noted.known)
		return;
	put_limit(&noted, RLIMIT_NOFILE);
	put_limit(&noted, RLIMIT_NPROC); /* for threads, and for the command of exec */
	put_environment();
}

void kept_restore(const sigset_t *thread)
{
	kept_restore_some(thread);
	if (!noted.known)
		return;
	umask(noted.umask);
	put_folder(&noted);
	put_limit(&noted, RLIMIT_CORE);    /* without secrets in it */
	put_limit(&noted, RLIMIT_FSIZE);   /* files are written, */
	put_limit(&noted, RLIMIT_NPROC);   /* threads started, */
	put_limit(&noted, RLIMIT_MEMLOCK); /* and secrets locked in memory */
	put_processors(&noted);
	put_standard();
	/* Our own numbers have a point. */
	if (strcmp(setlocale(LC_NUMERIC, NULL), "C") != 0)
		(void)setlocale(LC_NUMERIC, "C");
}

void kept_end(void)
{
	if (!noted.known)
		return;
	put_environment();
	put_standard();
	end_standard();
	noted.known = false;
}
