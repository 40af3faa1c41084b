/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer agent lock, forget and reload; and what all commands about the agent share. */
#include "cmd/agent-client.h"

#include "base/message.h"

#include <cjson/cJSON.h>
#include <string.h>

int cmd_agent_named(const struct settings *settings, struct oauth_agent *agent, struct error *error)
{
	int result = cmd_agent(settings, agent, error);

	if (settings_operand(settings, 0) != NULL)
		agent->profile = settings_operand(settings, 0);
	/* A user that a file names is that of a key. */
	if (!settings_is_option(settings, SETTING_USERNAME))
		agent->username = NULL;
	return result;
}

/* Sends the request; *count is the number in the answer's member `name`, or -1. */
static int control(const struct oauth_agent *agent, const char *path, const char *name, double *count,
		   struct error *error)
{
	struct secret *answer = NULL;
	int result = oauth_agent_ask(agent, "POST", path, &answer, error);
	cJSON *json = result == 0 ? cJSON_Parse(secret_data(answer)) : NULL;
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, name);

	*count = cJSON_IsNumber(number) && number->valuedouble >= 0 ? number->valuedouble : -1;
	cJSON_Delete(json);
	secret_free(&answer);
	if (result == 0 && *count < 0)
		return error_set(error, ERROR_ANSWER, "the agent's answer has no number \"%s\"", name);
	return result;
}

static int lock(const struct settings *settings, struct error *error)
{
	struct oauth_agent agent;
	double count;
	int result = cmd_agent_named(settings, &agent, error);

	if (result == 0)
		result = control(&agent, "/v1/lock", "locked", &count, error);
	if (result == 0 && agent.profile != NULL)
		message_note("the agent has locked profile \"%s\"", agent.profile);
	else if (result == 0)
		message_note("the agent has locked all its profiles");
	return result;
}

static int forget(const struct settings *settings, struct error *error)
{
	struct oauth_agent agent;
	double count;
	int result = cmd_agent_named(settings, &agent, error);

	if (result == 0)
		result = control(&agent, "/v1/forget", "wiped", &count, error);
	if (result == 0)
		message_note("the agent has wiped %.0f bearer%s%s%s%s", count, count == 1 ? "" : "s",
			     agent.profile != NULL ? " of profile \"" : "",
			     agent.profile != NULL ? agent.profile : "", agent.profile != NULL ? "\"" : "");
	return result;
}

static int reload(const struct settings *settings, struct error *error)
{
	struct oauth_agent agent;
	double count;
	int result = cmd_agent_named(settings, &agent, error);

	agent.profile = NULL;
	if (result == 0)
		result = control(&agent, "/v1/reload", "profiles", &count, error);
	if (result == 0)
		message_note("the agent has read its configuration: %.0f profile%s", count, count == 1 ? "" : "s");
	return result;
}

static const struct settings_usage usage_lock = {
	.command = "agent lock",
	.operands = "[PROFILE]",
	.operands_max = 1,
	.summary = "Wipes the agent's bearers and logs out, until unlock.",
	.details = "Of one profile, or of all. For root and the agent's user.",
	.example = "p11bearer agent lock production",
	.own = { SETTING_AGENT },
};
const struct command command_agent_lock = { &usage_lock, lock, NULL };

static const struct settings_usage usage_forget = {
	.command = "agent forget",
	.operands = "[PROFILE]",
	.operands_max = 1,
	.summary = "Wipes the agent's bearers.",
	.details = "Of one profile, or of all, and with --username of one user. They are not\n"
		   "revoked. For root and the agent's user.",
	.example = "p11bearer agent forget production --username user@example.com",
	.own = { SETTING_AGENT, SETTING_USERNAME },
};
const struct command command_agent_forget = { &usage_forget, forget, NULL };

static const struct settings_usage usage_reload = {
	.command = "agent reload",
	.operands = "",
	.summary = "Makes the agent read its configuration again.",
	.details = "If it has an error, the agent keeps the old one. For root and the agent's user.",
	.example = "p11bearer agent reload",
	.own = { SETTING_AGENT },
};
const struct command command_agent_reload = { &usage_reload, reload, NULL };
