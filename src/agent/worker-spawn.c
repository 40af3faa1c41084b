/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a process that inherits three pipes, its settings, perhaps a PIN, and nothing else. */
#include "agent/worker.h"

#include "agent/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SETTINGS = 3, PIN, ARGUMENTS = 18 };

/* Variables that are meant for the agent alone; one that ends with '_' stands for all that begin with it. */
static const char *const withheld[] = { "NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_" };

static bool is_withheld(const char *variable)
{
	for (size_t i = 0; i < sizeof(withheld) / sizeof(withheld[0]); i++) {
		size_t length = strlen(withheld[i]);

		if (strncmp(variable, withheld[i], length) == 0 &&
		    (withheld[i][length - 1] == '_' || variable[length] == '='))
			return true;
	}
	return false;
}

/* The agent's environment without those; the caller frees the list. NULL if out of memory. */
static char **make_environment(void)
{
	size_t count = 0, used = 0;
	char **list;

	while (environ[count] != NULL)
		count++;
	list = calloc(count + 1, sizeof(*list));
	for (size_t i = 0; list != NULL && i < count; i++) {
		if (!is_withheld(environ[i]))
			list[used++] = environ[i];
	}
	return list;
}

/* Modules and libraries find the signals as after a login. A session of its own: no terminal asks for a PIN or sends
 * signals. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	return posix_spawnattr_setflags(attributes,
					POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
}

/* `ends` become stdin, stdout and stderr. Returns an errno value. */
static int start(char *const *argv, const int ends[3], int settings, int pin, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = make_environment();
	int result = environment != NULL ? posix_spawn_file_actions_init(&actions) : ENOMEM;
	bool lowered;

	if (result != 0) {
		free(environment);
		return result;
	}
	result = posix_spawnattr_init(&attributes);
	if (result == 0)
		result = set_attributes(&attributes);
	for (int i = 0; i < 3 && result == 0; i++)
		result = posix_spawn_file_actions_adddup2(&actions, ends[i], i);
	if (result == 0 && pin >= 0)
		result = posix_spawn_file_actions_adddup2(&actions, pin, PIN);
	if (result == 0)
		result = posix_spawn_file_actions_adddup2(&actions, settings, SETTINGS);
	if (result == 0)
		result = posix_spawn_file_actions_addclosefrom_np(&actions, pin >= 0 ? PIN + 1 : PIN);
	lowered = limit_lower();
	if (result == 0)
		result = posix_spawn(pid, argv[0], &actions, &attributes, argv, environment);
	if (lowered)
		limit_raise();
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	return result;
}

static void close_both(int pipe[2])
{
	for (int i = 0; i < 2; i++) {
		if (pipe[i] >= 0)
			close(pipe[i]);
	}
}

static void list_arguments(const struct worker *worker, int pin, const char *argv[ARGUMENTS])
{
	static char parallel[16];
	bool bearers = worker->kind == WORKER_BEARERS;
	size_t n = 0;

	snprintf(parallel, sizeof(parallel), "%d", PARALLEL);
	argv[n++] = worker->workers->setup->program;
	argv[n++] = bearers ? "token" : "jwt";
	argv[n++] = "--batch";
	if (bearers) {
		argv[n++] = "--agent";
		argv[n++] = "no";
	} else {
		argv[n++] = "--json";
	}
	argv[n++] = "--profile";
	argv[n++] = worker->profile->name;
	argv[n++] = "--config";
	argv[n++] = WORKER_SETTINGS;
	if (bearers) {
		argv[n++] = "--parallel";
		argv[n++] = parallel;
		argv[n++] = "--rate-wait"; /* the agent waits itself, and keeps no line here */
		argv[n++] = "0";
	}
	if (pin >= 0) {
		argv[n++] = "--pin-from";
		argv[n++] = "fd:4";
	}
	argv[n] = NULL;
}

int worker_spawn(const struct worker *worker, int pin, struct process *process, struct error *error)
{
	const char *argv[ARGUMENTS];
	int pipes[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, result = 0;
	int *const ours[] = { &process->in, &process->out, &process->err };

	list_arguments(worker, pin, argv);
	for (int i = 0; i < 3 && result == 0; i++)
		result = pipe2(pipes[i], O_CLOEXEC) == 0 ? 0 : errno;
	if (result == 0)
		result = start((char *const *)argv, (int[]){ pipes[0][0], pipes[1][1], pipes[2][1] },
			       worker->profile->settings, pin, &process->pid);
	if (result != 0) {
		for (int i = 0; i < 3; i++)
			close_both(pipes[i]);
		return error_set(error, ERROR_CONFIG, "cannot run %s: %s", argv[0], strerror(result));
	}
	for (int i = 0; i < 3; i++) {
		*ours[i] = pipes[i][i == 0];
		close(pipes[i][i != 0]);
		fcntl(*ours[i], F_SETFL, O_NONBLOCK);
	}
	process->pidfd = pidfd_open(process->pid, 0);
	return 0;
}
