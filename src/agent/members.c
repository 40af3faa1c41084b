/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/members.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <string.h>

struct cJSON *members_parse(struct secret *text, const char *members, size_t length, struct error *error)
{
	cJSON *object;

	if (secret_append(text, "{", 1) < 0 || secret_append(text, members, length) < 0) {
		error_memory(error);
		return NULL;
	}
	object = strlen(secret_data(text)) == length + 1 ? cJSON_ParseWithOpts(secret_data(text), NULL, 1) : NULL;
	if (!cJSON_IsObject(object))
		error_set(error, ERROR_ANSWER, "cannot use the worker's answer: it is not JSON");
	else if (json_strict(secret_data(text), object, ERROR_ANSWER, "cannot use the worker's answer: it", error) == 0)
		return object;
	cJSON_Delete(object);
	return NULL;
}
