/* SPDX-License-Identifier: Apache-2.0 */
/* The sections [server NAME] of the configuration files. */
#ifndef P11BEARER_SETTINGS_SERVERS_H
#define P11BEARER_SETTINGS_SERVERS_H

#include "settings/table.h"

#include <openssl/conf.h>

/* Whether the section defines a server, and is not a profile. */
bool server_section(const char *section);

/* Adds the section's entries, which replace those of earlier files key by key. Fails with ERROR_CONFIG if the name or a
 * value can belong to no server. */
int server_note(struct servers *servers, const char *path, const char *section, const CONF *conf,
		struct error *error);

#endif
