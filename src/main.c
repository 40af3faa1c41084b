/* SPDX-License-Identifier: Apache-2.0 */
/* Picks a command and returns its exit status. There are two programs of this: p11bearer, which has what bearers are
 * got with, and p11bearer-app, which has all. What the first one does not have, --help included, it executes the
 * second one for: libxml2 and libzip, which the commands around the app need, take longer to load than a token takes
 * to sign. */
#include "base/message.h"
#include "cmd/cmd.h"
#include "process/environment.h"
#include "process/output.h"
#include "process/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OTHER "p11bearer-app"
enum { COMMANDS = 32 }; /* more than there are */

/* Whether the command is one of a group ("app set-cert" of "app"), or any for NULL. */
static bool is_in_group(const struct command *command, const char *group)
{
	size_t length = group != NULL ? strlen(group) : 0;

	return group == NULL ||
	       (strncmp(command->usage->command, group, length) == 0 && command->usage->command[length] == ' ');
}

static bool is_group(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (is_in_group(commands[i], name))
			return true;
	}
	return false;
}

static void print_help(const char *group)
{
	if (group != NULL)
		printf("Usage: p11bearer %s COMMAND …\n\n", group);
	else
		printf("Usage: p11bearer COMMAND [OPTION]…\n       p11bearer --help | --version\n\n"
		       "Gets OAuth 2.0 bearers with a private key that never leaves its PKCS#11 token.\n\n");
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct settings_usage *usage = commands[i]->usage;

		if (is_in_group(commands[i], group))
			printf("  %-12s %s\n", usage->command, usage->summary);
	}
	printf("\n\"p11bearer %s%sCOMMAND --help\" lists a command's options. See p11bearer(1).\n",
	       group != NULL ? group : "", group != NULL ? " " : "");
}

/* The command that argv begins with; *words is how many words of argv its name takes. */
static const struct command *find_command(char *const *argv, int *words)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *name = commands[i]->usage->command;
		size_t first = strcspn(name, " ");

		if (strncmp(name, argv[1], first) != 0 || argv[1][first] != '\0')
			continue;
		*words = name[first] == ' ' ? 2 : 1;
		if (*words == 1 || (argv[2] != NULL && strcmp(name + first + 1, argv[2]) == 0))
			return commands[i];
	}
	return NULL;
}

/* No further than a name can go: what follows may be a URI, and in it a PIN. */
static int name_length(const char *word)
{
	return (int)strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}

static int unknown_command(const char *name, struct error *error)
{
	const char *words[COMMANDS] = { "--help", "--version" };
	const char *nearest;

	for (size_t i = 0; commands[i] != NULL; i++)
		words[i + 2] = commands[i]->usage->command;
	nearest = settings_nearest(name, words);
	error_set(error, ERROR_USAGE, "there is no %s \"%.*s\"", name[0] == '-' ? "option" : "command",
		  name_length(name), name);
	if (nearest != NULL)
		error_hint(error, "did you mean %s?", nearest);
	else
		error_hint(error, "\"p11bearer --help\" lists the commands");
	return -ERROR_USAGE;
}

/* The first word is that of a group, and the second none of its commands. */
static int run_group(const char *group, const char *name, struct error *error)
{
	const char *words[COMMANDS] = { NULL };
	const char *nearest;
	size_t count = 0;

	if (name != NULL && (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)) {
		print_help(group);
		return 0;
	}
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (is_in_group(commands[i], group))
			words[count++] = commands[i]->usage->command + strlen(group) + 1;
	}
	if (name == NULL) {
		error_set(error, ERROR_USAGE, "%s is followed by one of its commands:", group);
		for (size_t i = 0; i < count; i++)
			error_append(error, "%s %s", i == 0 ? "" : ",", words[i]);
		error_hint(error, "\"p11bearer %s --help\" tells what they do", group);
		return -ERROR_USAGE;
	}
	nearest = settings_nearest(name, words);
	error_set(error, ERROR_USAGE, "there is no command \"%s %.*s\"", group, name_length(name), name);
	if (nearest != NULL)
		error_hint(error, "did you mean %s %s?", group, nearest);
	else
		error_hint(error, "\"p11bearer %s --help\" lists its commands", group);
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
	if (result < 0)
		cmd_advise_url(settings_refused_url(settings), error);
	settings_free(&settings);
	return result;
}

static int run(int argc, char **argv, struct error *error)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *command;
	int words;

	if (name == NULL) {
		error_set(error, ERROR_USAGE, "no command given");
		error_hint(error, "\"p11bearer --help\" lists the commands");
		return -ERROR_USAGE;
	}
	command = find_command(argv, &words);
	if (command != NULL)
		return run_command(command, argc - words, argv + words, error);
	if (is_group(name))
		return run_group(name, argv[2], error);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		print_help(NULL);
	else if (strcmp(name, "--version") == 0)
		printf("p11bearer " P11BEARER_VERSION "\n");
	else if (strcmp(name, "--list-settings") == 0)
		settings_list(stdout);
	else
		return unknown_command(name, error);
	return 0;
}

/* The other program is in the same folder, or where it is installed. */
static int run_other(char **argv, struct error *error)
{
	char path[PATH_MAX + sizeof(OTHER)];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		memcpy(slash + 1, OTHER, sizeof(OTHER));
		execv(path, argv);
	}
	execv(P11BEARER_LIBEXECDIR "/" OTHER, argv);
	error_set(error, ERROR_UNEXPECTED, "cannot execute " P11BEARER_LIBEXECDIR "/" OTHER ", which has this command: %s",
		  strerror(errno));
	error_hint(error, "it is installed with p11bearer, and may also be in the same folder");
	return -ERROR_UNEXPECTED;
}

int main(int argc, char **argv)
{
	struct error error = { .class = ERROR_NONE };
	int words, result = 0;

	if (!commands_are_all && argc > 1 && find_command(argv, &words) == NULL && strcmp(argv[1], "--version") != 0)
		result = run_other(argv, &error);
	process_protect();
	(void)wipe_openssl(); /* first of all that uses OpenSSL */
	if (environment_withhold())
		message_warn("SSLKEYLOGFILE is ignored: it would write the secrets of TLS connections to a file");
	if (result == 0)
		result = run(argc, argv, &error);
	/* Data are written by output_write; what stdio holds is help, or a module's. */
	if (result == 0 && fflush(stdout) != 0 && output_descriptor() == STDOUT_FILENO)
		result = error_set(&error, ERROR_UNEXPECTED, "cannot write to stdout: %s", strerror(errno));
	if (result < 0 && error.signal != SIGPIPE) /* whom that is about wants to hear no more */
		message_error(&error);
	if (result < 0 && error.signal != 0) {
		process_finish(128 + error.signal);
		signal(error.signal, SIG_DFL);
		raise(error.signal);
	}
	/* Not exit: what modules have registered for then is theirs, and stdout is not. */
	process_end(result < 0 ? -result : result);
}
