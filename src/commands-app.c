/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of p11bearer-app: all. */
#include "cmd/cmd.h"

const bool commands_are_all = true;
const struct command *const commands[] = {
	&command_keys, &command_keygen, &command_cert, &command_csr, &command_jwt, &command_token,
	&command_whoami, &command_revoke, &command_exec,
	&command_app_set_cert, &command_app_check, &command_app_init, &command_deploy, NULL,
};
