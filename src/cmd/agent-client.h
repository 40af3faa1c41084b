/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the commands about the agent: "agent status" and its like. */
#ifndef P11BEARER_CMD_AGENT_CLIENT_H
#define P11BEARER_CMD_AGENT_CLIENT_H

#include "cmd/cmd.h"

struct cJSON;

/* As cmd_agent. The profile is the operand, or else the setting, or NULL; there is a username only if an option names
 * it. */
int cmd_agent_named(const struct settings *settings, struct oauth_agent *agent, struct error *error);

/* Asks the agent for its status: the text of the answer, which lives as long as the caller wants, and the object in it,
 * whose member "profiles" is an array of objects. The caller frees both, also after a failure. */
int cmd_agent_status(const struct oauth_agent *agent, struct secret **answer, struct cJSON **json,
		     struct error *error);

/* Connects to the agent for an unlock, and checks that the PIN would get to nobody but root, the caller's own user or
 * the owner of the socket's folder. Sets `listener` to who it is, such as "user p11bearer". Returns the descriptor, or
 * fails as oauth_agent_connect does, or with ERROR_CONFIG if somebody else listens. */
enum { LISTENER_SIZE = 64 };
int agent_pins_connect(const char *path, char listener[LISTENER_SIZE], struct error *error);

/* Sends the profile's name, and the PIN in two pipes unless *pin is NULL, to the agent connected to `fd`, and waits for
 * the result. Frees *pin before it waits. A signal ends the wait. Fails as the agent says, or with ERROR_NETWORK or
 * ERROR_ANSWER. */
int agent_pins_send(int fd, const char *profile, struct secret **pin, struct error *error);

#endif
