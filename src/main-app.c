/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer-app: the commands that need libxml2 and libzip. p11bearer executes it with its own arguments. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
	static const struct command *const commands[] = {
		&command_app_set_cert, &command_app_check, &command_app_init, &command_deploy,
		&command_rotate, NULL,
	};
	struct error error = { .class = ERROR_NONE };
	int words = 0, result;
	const struct command *command = cmd_find(commands, argv, &words);

	cmd_begin();
	if (command != NULL)
		result = cmd_run(command, argc - words, argv + words, &error);
	else
		result = error_set(&error, ERROR_USAGE, "p11bearer-app is a part of p11bearer; run p11bearer instead");
	cmd_end(result, &error);
}
