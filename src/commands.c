/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of p11bearer: what a bearer is got with. */
#include "cmd/cmd.h"

const bool commands_are_all = false;
const struct command *const commands[] = {
	&command_keys, &command_keygen, &command_cert, &command_csr, &command_jwt, &command_token,
	&command_whoami, &command_revoke, &command_exec, NULL,
};
