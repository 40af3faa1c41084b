/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer agent: holds bearers and hands them out. */
#include "cmd/cmd-agent.h"
#include "cmd/cmd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the environment may set, because it is the same for all profiles and does not shape a request. The workers
 * inherit it. */
static bool may_be_environment(enum setting_id id)
{
	return id == SETTING_CONFIG || id == SETTING_VERBOSE || id == SETTING_AUDIT || id == SETTING_AUDIT_REQUIRED ||
	       id == SETTING_AGENT || id == SETTING_SESSIONS || id == SETTING_PARALLEL;
}

static int check_environment(const struct settings *settings, struct error *error)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		if (!settings_is_environment(settings, (enum setting_id)id) || may_be_environment((enum setting_id)id))
			continue;
		error_set(error, ERROR_CONFIG, "%s would apply to every profile",
			  settings_origin(settings, (enum setting_id)id));
		error_hint(error, "unset it, and set %s in a configuration file",
			   settings_name((enum setting_id)id));
		return -ERROR_CONFIG;
	}
	return 0;
}

/* Options of the agent that also apply to its workers, and whenever the files are read again. */
static int pass_options(const struct settings *settings, struct error *error)
{
	static const struct {
		enum setting_id id;
		const char *variable;
	} passed[] = {
		{ SETTING_VERBOSE, "P11BEARER_VERBOSE" },
		{ SETTING_AUDIT, "P11BEARER_AUDIT" },
		{ SETTING_AUDIT_REQUIRED, "P11BEARER_AUDIT_REQUIRED" },
	};

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		if (settings_is_option(settings, passed[i].id) &&
		    setenv(passed[i].variable, settings_text(settings, passed[i].id), 1) < 0)
			return error_memory(error);
	}
	return 0;
}

/* p11bearer, for the workers: the one in this program's folder, else the installed one. */
static int find_program(char *path, size_t size, struct error *error)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL && (size_t)(slash + 1 - path) + sizeof("p11bearer") <= size) {
		memcpy(slash + 1, "p11bearer", sizeof("p11bearer"));
		if (access(path, X_OK) == 0)
			return 0;
	}
	snprintf(path, size, P11BEARER_BINDIR "/p11bearer");
	if (access(path, X_OK) == 0)
		return 0;
	error_set(error, ERROR_UNEXPECTED, "cannot find %s, which the agent's workers run", path);
	error_hint(error, "install it there, or in the folder of p11bearer-agent");
	return -ERROR_UNEXPECTED;
}

static int run(const struct settings *settings, struct error *error)
{
	char program[PATH_MAX];
	const struct agent_setup setup = {
		.load = cmd_agent_load,
		.free_config = cmd_agent_free,
		.context = (void *)settings_text(settings, SETTING_CONFIG),
		.program = program,
	};

	if (settings_text(settings, SETTING_PROFILE) != NULL) {
		error_set(error, ERROR_USAGE, "%s: the agent serves all profiles",
			  settings_origin(settings, SETTING_PROFILE));
		error_hint(error, "remove it; to serve fewer profiles, name a file that has only these with --config");
		return -ERROR_USAGE;
	}
	if (check_environment(settings, error) < 0 || pass_options(settings, error) < 0 ||
	    find_program(program, sizeof(program), error) < 0)
		return error_result(error);
	return agent_run(&setup, error);
}

const struct command command_agent = { &usage_agent, run, NULL };
