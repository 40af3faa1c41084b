/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_SETTINGS_CONFIG_H
#define P11BEARER_SETTINGS_CONFIG_H

#include "settings/table.h"

#include <openssl/conf.h>

#define CONFIG_SYSTEM_PATH P11BEARER_SYSCONFDIR "/p11bearer.conf"

enum { CONFIG_MAX = 1 << 20 }; /* bytes of a file */

/* Parses `length` bytes of a configuration file, followed by a NUL. `path` is for messages. The caller frees *conf,
 * even on failure. Fails with ERROR_CONFIG and a hint on what to change. */
int config_parse(const char *path, const char *text, size_t length, CONF **conf, struct error *error);

/* Wipes and frees. NULL is allowed. */
void config_free(CONF *conf);

/* The file whose layer is LAYER_USER: --config, else the user's. False without one. */
bool config_user_path(const struct settings *settings, char *path, size_t size);

#endif
