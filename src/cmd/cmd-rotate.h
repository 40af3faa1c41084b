/* SPDX-License-Identifier: Apache-2.0 */
/* What the command rotate is made of. */
#ifndef P11BEARER_CMD_ROTATE_H
#define P11BEARER_CMD_ROTATE_H

#include "cmd/cmd.h"
#include "rotate/rotate.h"

/* Has the agents that serve the profile read their configuration again: the one with the socket that the configuration
 * names, and the one of the setting agent or else at the usual places. Does nothing without an agent. A reload of other
 * keys locks a profile whose PIN is typed: gives the agent `pin` (NULL: unknown) then. Fails as oauth_agent_ask does.
 */
int cmd_rotate_reload(const struct settings *settings, const struct secret *pin, struct error *error);

/* Finds the file whose section of the profile names the key. The caller frees *path, which is real. Fails with
 * ERROR_CONFIG if rotate cannot change it. */
int cmd_rotate_place(const struct settings *settings, char **path, struct error *error);

/* For struct rotate: changes the section in the record's file, or finds out whether that will be possible. */
int cmd_rotate_configure(const struct settings *settings, const struct rotate_record *record, enum rotate_keys keys,
			 struct error *error);
int cmd_rotate_rehearse(const struct settings *settings, const struct rotate_record *record, struct error *error);

#endif
