/* SPDX-License-Identifier: Apache-2.0 */
/* What a shell can complete an unfinished command line with. */
#ifndef P11BEARER_CMD_COMPLETE_H
#define P11BEARER_CMD_COMPLETE_H

#include "cmd/cmd.h"
#include "settings/complete.h"

/* p11bearer complete: reads an unfinished command line from stdin, and prints what fits; the manual's section
 * COMPLETION describes both. A mistake in the command line, the configuration or a module means that less is printed.
 * Fails with ERROR_USAGE if stdin is a terminal, and as output_write does. */
int cmd_complete(const struct command *const *commands, struct error *error);

/* Offers the profiles and the servers of the configuration; and the names of pairs that the server knows, such as those
 * of --set, or the values that can be computed if `typed` has a name already. */
void complete_profiles(const struct settings_word *word, settings_offer *offer, void *context);
void complete_servers(const struct settings_word *word, settings_offer *offer, void *context);
void complete_pairs(const struct settings_word *word, const char *typed, settings_offer *offer, void *context);

/* Offers the URIs of keys. Another process asks the tokens, without a login, and for two seconds at most. Only those
 * that begin with `typed` are sure to fit. */
void complete_keys(const struct settings_word *word, const char *typed, settings_offer *offer, void *context);

/* Loads the settings of the configuration files and of the environment, under the options of the unfinished line that
 * choose them. NULL if this is not possible. The caller frees them with settings_free. */
struct settings *complete_settings(const struct settings_word *word);

#endif
