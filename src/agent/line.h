/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that workers receive. */
#ifndef P11BEARER_AGENT_LINE_H
#define P11BEARER_AGENT_LINE_H

#include "agent/agent.h"
#include "base/secret.h"

/* Appends the members of a line for this profile and user, as agent_workers_send takes them: all that a line may carry,
 * so that it means the same whatever the worker was started with, unless the profile is fixed; then perhaps none.
 * `username` is UTF-8. Returns -1 if out of memory. */
int agent_line(struct secret *out, const struct agent_profile *profile, const char *username);

/* Appends the text as a JSON string. Returns -1 if out of memory. */
int agent_line_string(struct secret *out, const char *text);

#endif
