/* SPDX-License-Identifier: Apache-2.0 */
/* The start and the end of each program, and the search for a command. */
#include "cmd/cmd.h"

#include "base/message.h"
#include "process/environment.h"
#include "process/output.h"
#include "process/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

const struct command *cmd_find(const struct command *const *commands, char *const *argv, int *words)
{
	const struct command *found = NULL;

	if (argv[0] == NULL || argv[1] == NULL)
		return NULL;
	for (; *commands != NULL; commands++) {
		const char *name = (*commands)->usage->command;
		size_t first = strcspn(name, " ");

		if (strncmp(name, argv[1], first) != 0 || argv[1][first] != '\0')
			continue;
		if (name[first] == '\0') {
			*words = 1;
			found = *commands;
		} else if (argv[2] != NULL && strcmp(name + first + 1, argv[2]) == 0) {
			*words = 2;
			return *commands;
		}
	}
	return found;
}

const char *cmd_program(const char *name)
{
	static char path[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		snprintf(slash + 1, sizeof(path) - (size_t)(slash + 1 - path), "%s", name);
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, sizeof(path), P11BEARER_LIBEXECDIR "/%s", name);
	return path;
}

int cmd_run(const struct command *command, int argc, char **argv, struct error *error)
{
	struct settings *settings;
	int result = settings_load(&settings, command->usage, argc, argv, error);

	if (result == 0 && settings_flag(settings, SETTING_HELP)) {
		settings_help(command->usage, stdout);
	} else if (result == 0) {
		message_verbose(settings_flag(settings, SETTING_VERBOSE));
		if (command->usage->check != NULL)
			result = command->usage->check(settings, error);
		if (result == 0)
			result = command->run(settings, error);
		if (result < 0)
			cmd_advise_doctor(settings, command->usage, error);
	}
	if (result < 0)
		cmd_advise_url(settings_refused_url(settings), error);
	settings_free(&settings);
	return result;
}

void cmd_begin(void)
{
	process_protect();
	(void)wipe_openssl(); /* before OpenSSL allocates */
	if (environment_withhold())
		message_warn("SSLKEYLOGFILE is ignored: it would write the secrets of TLS connections to a file");
}

void cmd_end(int result, struct error *error)
{
	/* output_write has written the data; stdio holds help, or what a module printed. */
	if (result == 0 && fflush(stdout) != 0 && output_descriptor() == STDOUT_FILENO)
		result = error_set(error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
	if (result < 0 && error->signal != SIGPIPE) /* the reader has closed the pipe and expects no more */
		message_error(error);
	if (result < 0 && error->signal != 0) {
		process_finish(128 + error->signal);
		signal(error->signal, SIG_DFL);
		raise(error->signal);
	}
	/* Not exit(): it would run the handlers that modules registered, and flush stdout. */
	process_end(result < 0 ? -result : result);
}
