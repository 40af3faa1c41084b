/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11BEARER_SETTINGS_CONFIG_H
#define P11BEARER_SETTINGS_CONFIG_H

#include "settings/table.h"

#include <openssl/conf.h>

/* Parses `length` bytes of a configuration file, followed by a NUL. `path` is for messages. The caller frees *conf,
 * even on failure. Fails with ERROR_CONFIG and a hint on what to change. */
int config_parse(const char *path, const char *text, size_t length, CONF **conf, struct error *error);

#endif
