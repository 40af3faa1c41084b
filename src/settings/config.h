/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_SETTINGS_CONFIG_H
#define P11BEARER_SETTINGS_CONFIG_H

#include "settings/table.h"

#include <openssl/conf.h>

/* Parses a configuration file, `length` bytes and a NUL. `path` names it in messages. *conf is to be freed in either case.
 * Fails with ERROR_CONFIG and says what to change. */
int config_parse(const char *path, const char *text, size_t length, CONF **conf, struct error *error);

#endif
