/* SPDX-License-Identifier: Apache-2.0 */
/* The usage of the command that p11bearer-agent implements. p11bearer has it too, as in usage-app.c. */
#include "cmd/cmd.h"

const struct settings_usage usage_agent = {
	.command = "agent",
	.operands = "",
	.summary = "Holds bearers and hands them out over a socket.",
	.details = "Serves the profiles of the configuration files, and renews their bearers before\n"
		   "they expire. Who may have them is in the files only: see p11bearer.conf(5) and\n"
		   "p11bearer-agent(8). SIGHUP reads the files again; SIGTERM ends the agent.",
	.example = "p11bearer agent --config /etc/p11bearer.conf",
	.groups = GROUP_AUDIT,
	.own = { SETTING_NONE },
};
