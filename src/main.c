/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer: finds the command, and runs it or the program that implements it. */
#include "cmd/complete.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* libxml2 and libzip take longer to load than a token takes to sign. The commands that need them are in a separate
 * program. */
#define IN_APP(usage) &(const struct command) { &(usage), NULL, "p11bearer-app" }

/* The agent runs for days: it has none of the libraries that the other commands need. */
#define IN_AGENT(usage) &(const struct command) { &(usage), NULL, "p11bearer-agent" }

/* In the order of --help. */
static const struct command *const commands[] = {
	&command_keys,
	&command_keygen,
	&command_import,
	&command_cert,
	&command_csr,
	&command_jwk,
	&command_destroy,
	&command_attest,
	&command_jwt,
	&command_token,
	&command_whoami,
	&command_revoke,
	&command_exec,
	&command_doctor,
	&command_servers,
	IN_APP(usage_app_set_cert),
	IN_APP(usage_app_check),
	IN_APP(usage_app_init),
	IN_APP(usage_deploy),
	IN_APP(usage_rotate),
	&command_agent_status,
	&command_agent_unlock,
	&command_agent_lock,
	&command_agent_forget,
	&command_agent_reload,
	IN_AGENT(usage_agent),
	NULL,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) - 1 };

static bool is_help(const char *word)
{
	return word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

/* The command's name within the group: "set-cert" for "app set-cert" and "app". NULL if it is not in the group. */
static const char *name_in_group(const struct command *command, const char *group)
{
	const char *name = command->usage->command;
	size_t length = strlen(group);

	return strncmp(name, group, length) == 0 && name[length] == ' ' ? name + length + 1 : NULL;
}

static bool is_group(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (name_in_group(commands[i], name) != NULL)
			return true;
	}
	return false;
}

static bool is_command(const char *name, size_t length)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *command = commands[i]->usage->command;

		if (strlen(command) == length && strncmp(command, name, length) == 0)
			return true;
	}
	return false;
}

/* Lists the commands of a group; if `group` is NULL, all, without those of a group that is a command too. */
static void list(const char *group)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i]->usage->command;
		size_t first = strcspn(name, " ");

		if (group != NULL ? name_in_group(commands[i], group) != NULL :
				    name[first] == '\0' || !is_command(name, first))
			printf("  %-12s %s\n", name, commands[i]->usage->summary);
	}
}

/* Prints the help of a group; if `group` is NULL, the program's. */
static void print_help(const char *group)
{
	if (group != NULL)
		printf("Usage: p11bearer %s COMMAND …\n\n", group);
	else
		printf("Usage: p11bearer COMMAND [OPTION]… | --help | --version\n"
		       "Gets OAuth 2.0 bearers with a private key that never leaves its PKCS#11 token.\n");
	list(group);
	printf("\"p11bearer %s%sCOMMAND --help\" lists a command's options. See p11bearer(1).\n",
	       group != NULL ? group : "", group != NULL ? " " : "");
}

/* Prints the help of a command of another program. It may be a group too, such as "agent". */
static void print_command_help(const struct command *command)
{
	settings_help(command->usage, stdout);
	if (!is_group(command->usage->command))
		return;
	printf("\nCommands about it:\n");
	list(command->usage->command);
}

/* The length of the part of `word` that may be shown: a URI, and a PIN in it, may follow the name. */
static int name_length(const char *word)
{
	return (int)strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}

static int unknown_command(const char *name, struct error *error)
{
	const char *words[COMMANDS + 3] = { "--help", "--version" };
	const char *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		words[i + 2] = commands[i]->usage->command;
	nearest = settings_nearest(name, words);
	error_set(error, ERROR_USAGE, "there is no %s \"%.*s\"", name[0] == '-' ? "option" : "command",
		  name_length(name), name);
	if (nearest != NULL)
		error_hint(error, "did you mean %s?", nearest);
	else
		error_hint(error, "see \"p11bearer --help\" for the commands");
	return -ERROR_USAGE;
}

/* The first word is a group; `name`, the second one, is not a command of it. */
static int run_group(const char *group, const char *name, struct error *error)
{
	const char *words[COMMANDS + 1] = { NULL };
	const char *nearest;
	size_t count = 0;

	if (is_help(name)) {
		print_help(group);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		words[count] = name_in_group(commands[i], group);
		count += words[count] != NULL;
	}
	if (name == NULL) {
		error_set(error, ERROR_USAGE, "%s needs one of its commands:", group);
		for (size_t i = 0; i < count; i++)
			error_append(error, "%s %s", i == 0 ? "" : ",", words[i]);
		error_hint(error, "see \"p11bearer %s --help\" for what they do", group);
		return -ERROR_USAGE;
	}
	nearest = settings_nearest(name, words);
	error_set(error, ERROR_USAGE, "there is no command \"%s %.*s\"", group, name_length(name), name);
	if (nearest != NULL)
		error_hint(error, "did you mean %s %s?", group, nearest);
	else
		error_hint(error, "see \"p11bearer %s --help\" for its commands", group);
	return -ERROR_USAGE;
}

/* Whether the command is also the name of a group, and a word that is none of its commands follows. */
static bool is_wrong_in_group(const struct command *command, int words, char *const *argv)
{
	return command != NULL && words == 1 && argv[2] != NULL && argv[2][0] != '-' &&
	       is_group(command->usage->command);
}

/* Handles a command line without a command: groups, --help, --version and mistakes. */
static int run_other(char *const *argv, struct error *error)
{
	const char *name = argv[0] != NULL ? argv[1] : NULL;

	if (name == NULL) {
		error_set(error, ERROR_USAGE, "no command given");
		error_hint(error, "see \"p11bearer --help\" for the commands");
		return -ERROR_USAGE;
	}
	if (is_group(name))
		return run_group(name, argv[2], error);
	if (is_help(name))
		print_help(NULL);
	else if (strcmp(name, "--version") == 0)
		printf("p11bearer " P11BEARER_VERSION "\n");
	else if (strcmp(name, "--list-settings") == 0)
		settings_list(stdout);
	else if (strcmp(name, "complete") == 0)
		return cmd_complete(commands, error);
	else
		return unknown_command(name, error);
	return 0;
}

/* Executes the program that implements the command. */
static int execute(const struct command *command, char **argv, struct error *error)
{
	const char *path = cmd_program(command->program);

	execv(path, argv);
	error_set(error, ERROR_UNEXPECTED, "cannot run %s, which implements %s: %s", path, command->usage->command,
		  strerror(errno));
	error_hint(error, "install it there, or in the folder of p11bearer");
	return -ERROR_UNEXPECTED;
}

int main(int argc, char **argv)
{
	struct error error = { .class = ERROR_NONE };
	int words = 0, result = 0;
	const struct command *command = cmd_find(commands, argv, &words);
	bool help;

	if (is_wrong_in_group(command, words, argv))
		command = NULL;
	help = command != NULL && command->run == NULL && is_help(argv[1 + words]);
	/* First, so that the other program inherits signals, limits and environment unchanged. */
	if (command != NULL && command->run == NULL && !help)
		result = execute(command, argv, &error);
	cmd_begin();
	if (help)
		print_command_help(command);
	else if (result == 0 && command != NULL)
		result = cmd_run(command, argc - words, argv + words, &error);
	else if (result == 0)
		result = run_other(argv, &error);
	cmd_end(result, &error);
}
