/* SPDX-License-Identifier: Apache-2.0 */
/* What a module may do to the process that it is loaded into. */
#include "fault.h"

#include <fcntl.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	FILES = 12, /* that a module may still open under a lowered limit: as many as SoftHSM needs, fewer than a batch */
	LAST_GIVEN = 9, /* descriptors that tests hand over are up to this one */
};

static void add_variables(void)
{
	setenv("MEDDLED", "1", 1);
	setenv("HOME", "/meddled", 1);
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	unsetenv("PATH");
}

/* SoftHSM's own variable stays: it is read in C_Initialize. */
static void clear_variables(void)
{
	const char *value = getenv("SOFTHSM2_CONF");
	char *kept = value != NULL ? strdup(value) : NULL;

	clearenv();
	if (kept != NULL)
		setenv("SOFTHSM2_CONF", kept, 1);
	free(kept);
}

static void swap_variables(void)
{
	static char kept[4096], *list[] = {"MEDDLED=1", "http_proxy=http://127.0.0.1:9", kept, NULL};
	const char *value = getenv("SOFTHSM2_CONF");

	snprintf(kept, sizeof kept, "SOFTHSM2_CONF=%s", value != NULL ? value : "");
	environ = list;
}

static void lower_limit(__rlimit_resource_t which, rlim_t to)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) == 0) {
		limit.rlim_cur = limit.rlim_cur < to ? limit.rlim_cur : to;
		(void)setrlimit(which, &limit);
	}
}

/* The lowest limit on open files that leaves the module some of its own, however many were inherited. */
static rlim_t few_files(void)
{
	int files[FILES];
	rlim_t limit = 0;

	for (int i = 0; i < FILES; i++) {
		files[i] = dup(STDERR_FILENO);
		if (files[i] >= 0 && (rlim_t)files[i] >= limit) {
			limit = (rlim_t)files[i] + 1;
		}
	}
	for (int i = 0; i < FILES; i++) {
		if (files[i] >= 0) {
			close(files[i]);
		}
	}
	return limit;
}

/* As far as the module's own next step can do with it. */
static void lower_limits(void)
{
	lower_limit(RLIMIT_NOFILE, few_files());
	lower_limit(RLIMIT_NPROC, 16);
	lower_limit(RLIMIT_MEMLOCK, 16);
	lower_limit(RLIMIT_SIGPENDING, 16);
	lower_limit(RLIMIT_MSGQUEUE, 16);
}

static void lower_hard_limit(void)
{
	const struct rlimit limit = {512, 512};

	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void raise_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_CORE, &limit);
	}
}

static void handler(int number)
{
	(void)number;
}

static void set_all(void (*to)(int))
{
	for (int number = 1; number < NSIG; number++) {
		if (number != SIGCHLD) { /* the tests of the batch look at the others */
			(void)signal(number, to);
		}
	}
}

static void ignore_signals(void)
{
	set_all(SIG_IGN);
}

static void handle_signals(void)
{
	set_all(handler);
}

static void reset_signals(void)
{
	set_all(SIG_DFL);
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

static void change_umask(void)
{
	umask(0777);
}

static void change_folder(void)
{
	(void)!chdir("/");
}

static void be_nice(void)
{
	(void)!nice(3);
}

static void set_timers(void)
{
	const struct itimerval soon = {.it_value = {.tv_sec = 1}};

	setitimer(ITIMER_REAL, &soon, NULL);
	setitimer(ITIMER_PROF, &soon, NULL);
}

static void close_standard(void)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
}

static void replace_standard(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static void do_not_wait(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
}

static void use_one_processor(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	(void)sched_setaffinity(0, sizeof set, &set);
}

static void change_locale(void)
{
	(void)(setlocale(LC_ALL, "de_DE.UTF-8") != NULL || setlocale(LC_ALL, "C.UTF-8"));
}

static void change_thread_locale(void)
{
	locale_t other = newlocale(LC_ALL_MASK, "de_DE.UTF-8", NULL);

	if (other != NULL) {
		(void)uselocale(other);
	}
}

static void lower_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0) {
		limit.rlim_cur = 64 << 20;
		(void)setrlimit(RLIMIT_AS, &limit);
	}
}

static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur++;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* As daemons do with all that they have open. */
static void close_on_exec(void)
{
	for (int fd = STDIN_FILENO; fd <= LAST_GIVEN; fd++) {
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
}

static void allow_cores(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static const struct meddling {
	const char *name;
	void (*work)(void);
} meddlings[] = {
	{"setenv", add_variables}, {"clearenv", clear_variables}, {"environ", swap_variables}, {"limits", lower_limits},
	{"core", raise_core}, {"hard-limit", lower_hard_limit}, {"ignore", ignore_signals}, {"handle", handle_signals}, {"reset", reset_signals},
	{"block", block_signals}, {"umask", change_umask}, {"folder", change_folder}, {"nice", be_nice}, {"timers", set_timers},
	{"close", close_standard}, {"replace", replace_standard}, {"nonblock", do_not_wait}, {"processor", use_one_processor},
	{"locale", change_locale}, {"uselocale", change_thread_locale}, {"memory", lower_memory}, {"raise", raise_files},
	{"cloexec", close_on_exec}, {"dumpable", allow_cores}, {"parent", die_with_parent},
};

const struct meddling *meddling_find(const char *name)
{
	for (size_t i = 0; i < sizeof meddlings / sizeof *meddlings; i++) {
		if (strcmp(meddlings[i].name, name) == 0) {
			return &meddlings[i];
		}
	}
	return NULL;
}

void meddle(const struct meddling *what)
{
	what->work();
}
