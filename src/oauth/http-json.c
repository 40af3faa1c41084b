/* SPDX-License-Identifier: Apache-2.0 */
/* Fields as members of a JSON object. */
#include "oauth/http.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <string.h>

/* cJSON's copy is wiped, see judge_begin. */
static int append_string(struct secret *body, const char *text)
{
	cJSON *string = cJSON_CreateStringReference(text);
	char *json = cJSON_PrintUnformatted(string);
	int result = json != NULL ? secret_append(body, json, strlen(json)) : -1;

	cJSON_free(json);
	cJSON_Delete(string);
	return result;
}

static bool is_json(const char *text)
{
	cJSON *json = cJSON_ParseWithOpts(text, NULL, 1);
	struct error why;
	bool is = json != NULL && json_strict(text, json, ERROR_CONFIG, "", &why) == 0;

	cJSON_Delete(json);
	return is;
}

static int append_value(struct secret *body, const struct http_field *field, struct error *error)
{
	bool json = !field->secret && is_json(field->value);

	if (!json && !field->secret && strchr("[{\"", field->value[0]) != NULL && field->value[0] != '\0')
		return error_set(error, ERROR_CONFIG, "the value of %s begins like JSON but is not: %s", field->name,
				 field->value);
	if ((json ? secret_append(body, field->value, strlen(field->value)) : append_string(body, field->value)) < 0)
		return error_memory(error);
	return 0;
}

static bool is_repeated(const struct http_field *fields, size_t which)
{
	for (size_t i = 0; i < which; i++) {
		if (strcmp(fields[i].name, fields[which].name) == 0)
			return true;
	}
	return false;
}

int http_json_fields(const struct http_field *fields, size_t count, struct secret **body, struct error *error)
{
	int result = 0;

	*body = secret_new(4096);
	if (*body == NULL || secret_append(*body, "{", 1) < 0)
		result = error_memory(error);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (is_repeated(fields, i))
			result = error_set(error, ERROR_CONFIG, "%s is given twice, but it is a member of a JSON "
					   "object, which has a name once", fields[i].name);
		else if ((i > 0 && secret_append(*body, ",", 1) < 0) || append_string(*body, fields[i].name) < 0 ||
			 secret_append(*body, ":", 1) < 0)
			result = error_memory(error);
		else
			result = append_value(*body, &fields[i], error);
	}
	if (result == 0 && secret_append(*body, "}", 1) < 0)
		result = error_memory(error);
	if (result < 0)
		secret_free(body);
	return result;
}
