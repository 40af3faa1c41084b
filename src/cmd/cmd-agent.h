/* SPDX-License-Identifier: Apache-2.0 */
/* What the command agent is made of: from settings to the agent's plain structs. */
#ifndef P11BEARER_CMD_AGENT_H
#define P11BEARER_CMD_AGENT_H

#include "agent/agent.h"
#include "settings/settings.h"

/* Reads the configuration files, for struct agent_setup. `context` is the file of --config, or NULL. Fails with
 * ERROR_CONFIG if a profile is wrong, or none can be served. */
int cmd_agent_load(void *context, struct agent_config **config, struct error *error);
void cmd_agent_free(struct agent_config **config);

/* Fills `profile`, except for its audit, from the settings of the profile `name`. If the profile is not meant for the
 * agent, because it lacks something and sets no key of the agent, only sets *served to false. The caller clears the
 * profile in any case. */
int cmd_agent_profile(const struct settings *settings, const char *name, struct agent_profile *profile, bool *served,
		      struct error *error);
void cmd_agent_profile_clear(struct agent_profile *profile);

/* Finds out whether a person types the PIN. Fails if the agent would have to hold the PIN for its workers. */
int cmd_agent_pin(const struct settings *settings, bool *prompt, struct error *error);

/* Whether one of the values that lines carry is computed, or begins with a literal "@@". */
bool cmd_agent_computes(const struct settings *settings);

/* Sets the profile's shape, claims, worker, settings and fingerprint. profile->fixed is set. */
int cmd_agent_shape(const struct settings *settings, struct agent_profile *profile, struct error *error);

/* Checks and takes the profile's sink. */
int cmd_agent_sink(const struct settings *settings, struct agent_profile *profile, struct error *error);

#endif
