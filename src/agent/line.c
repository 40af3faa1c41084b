/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/line.h"

#include <cjson/cJSON.h>
#include <string.h>

int agent_line_string(struct secret *out, const char *text)
{
	cJSON *string = cJSON_CreateStringReference(text);
	char *json = string != NULL ? cJSON_PrintUnformatted(string) : NULL;
	int result = json != NULL ? secret_append(out, json, strlen(json)) : -1;

	cJSON_free(json);
	cJSON_Delete(string);
	return result;
}

int agent_line(struct secret *out, const struct agent_profile *profile, const char *username)
{
	bool is_own = profile->username != NULL && strcmp(username, profile->username) == 0;
	int result = 0;

	if (!profile->fixed || !is_own) {
		result = secret_printf(out, "\"username\":");
		result |= agent_line_string(out, username);
	}
	if (profile->fixed)
		return result < 0 ? -1 : 0;
	if (profile->shape != NULL && profile->shape[0] != '\0')
		result |= secret_printf(out, ",%s", profile->shape);
	result |= secret_printf(out, ",\"jti\":%s", profile->jti ? "true" : "false");
	if (profile->claims != NULL && profile->claims[0] != '\0')
		result |= secret_printf(out, ",\"claims\":{%s}", profile->claims);
	return result < 0 ? -1 : 0;
}
