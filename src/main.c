/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands; picks one and returns its exit status. */
#include "base/message.h"
#include "base/process.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_keys, &command_keygen, &command_cert, &command_csr, &command_jwt, &command_token,
	&command_whoami, &command_revoke, &command_exec,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
	printf("Usage: p11bearer [--help|--version] COMMAND …\n\n"
	       "Gets OAuth 2.0 bearer tokens with a private key that never leaves its PKCS#11 token.\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct settings_usage *usage = commands[i]->usage;

		printf("  %-8s %.*s\n", usage->command, (int)strcspn(usage->summary, "\n"), usage->summary);
	}
	printf("\n\"p11bearer COMMAND --help\" lists a command's options; the manual is p11bearer(1).\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->usage->command, name) == 0)
			return commands[i];
	}
	return NULL;
}

static int unknown_command(const char *name, struct error *error)
{
	const char *words[COMMANDS + 3] = { [COMMANDS] = "--help", [COMMANDS + 1] = "--version" };
	const char *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		words[i] = commands[i]->usage->command;
	nearest = settings_nearest(name, words);
	/* No further than a name can go: what follows may be a URI, and in it a PIN. */
	error_set(error, ERROR_USAGE, "there is no %s \"%.*s\"", name[0] == '-' ? "option" : "command",
		  (int)strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), name);
	if (nearest != NULL)
		error_hint(error, "did you mean %s?", nearest);
	else
		error_hint(error, "\"p11bearer --help\" lists the commands");
	return -ERROR_USAGE;
}

static int run_command(const struct command *command, int argc, char **argv, struct error *error)
{
	struct settings *settings;
	int result = settings_load(&settings, command->usage, argc, argv, error);

	if (result == 0 && settings_flag(settings, SETTING_HELP)) {
		settings_help(command->usage, stdout);
	} else if (result == 0) {
		message_verbose(settings_flag(settings, SETTING_VERBOSE));
		result = command->run(settings, error);
	}
	settings_free(&settings);
	return result;
}

static int run(int argc, char **argv, struct error *error)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;

	if (name == NULL) {
		error_set(error, ERROR_USAGE, "no command given");
		error_hint(error, "\"p11bearer --help\" lists the commands");
		return -ERROR_USAGE;
	}
	command = find_command(name);
	if (command != NULL)
		return run_command(command, argc - 1, argv + 1, error);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		print_help();
	else if (strcmp(name, "--version") == 0)
		printf("p11bearer " P11BEARER_VERSION "\n");
	else if (strcmp(name, "--list-settings") == 0)
		settings_list(stdout);
	else
		return unknown_command(name, error);
	return 0;
}

int main(int argc, char **argv)
{
	struct error error = { ERROR_NONE, 0, "", "" };
	int result;

	process_protect();
	result = run(argc, argv, &error);
	if (result == 0 && fflush(stdout) != 0)
		result = error_set(&error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
	if (result < 0)
		message_error(&error);
	if (result < 0 && error.signal != 0) {
		signal(error.signal, SIG_DFL);
		raise(error.signal);
	}
	return result < 0 ? -result : result;
}
