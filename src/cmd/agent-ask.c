/* SPDX-License-Identifier: Apache-2.0 */
/* The status of the agent, for the commands that depend on it. */
#include "cmd/agent-client.h"

#include <cjson/cJSON.h>

int cmd_agent_status(const struct oauth_agent *agent, struct secret **answer, cJSON **json, struct error *error)
{
	struct oauth_agent all = *agent;
	const cJSON *profiles;
	int result;

	all.profile = all.username = NULL;
	*json = NULL;
	result = oauth_agent_ask(&all, "GET", "/v1/status", answer, error);
	if (result < 0)
		return result;
	*json = cJSON_Parse(secret_data(*answer));
	if (*json == NULL)
		return error_memory(error);
	profiles = cJSON_GetObjectItemCaseSensitive(*json, "profiles");
	if (!cJSON_IsArray(profiles))
		return error_set(error, ERROR_ANSWER, "the agent's answer has no profiles");
	for (const cJSON *profile = profiles->child; profile != NULL; profile = profile->next) {
		if (!cJSON_IsObject(profile))
			return error_set(error, ERROR_ANSWER, "the agent's answer has a profile that is no object");
	}
	return 0;
}
