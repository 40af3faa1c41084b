/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration. */
#ifndef P11BEARER_AGENT_RELOAD_H
#define P11BEARER_AGENT_RELOAD_H

#include "agent/core.h"

/* Reads the configuration and its rules. On failure, the agent keeps what it has. */
int agent_load(struct agent *agent, struct error *error);

/* Lets workers, sinks and cache take the configuration. Fails as agent_workers_configure and cache_configure do. */
int agent_apply(struct agent *agent, struct error *error);

/* Frees the configuration, once nothing uses it. */
void agent_unload(struct agent *agent);

#endif
