/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/answer.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PLAIN_WORDS = 200 }; /* bytes: a plain text that is longer is a page, and no reason */

void answer_begin(void)
{
	cJSON_Hooks hooks = { wipe_malloc, wipe_free };

	cJSON_InitHooks(&hooks);
}

cJSON *answer_parse(const struct secret *body)
{
	const char *text = secret_data(body);
	size_t length = secret_length(body);
	cJSON *json;

	if (strlen(text) != length)
		return NULL;
	json = cJSON_ParseWithOpts(text, NULL, 1);
	if (cJSON_IsObject(json) || cJSON_IsArray(json))
		return json;
	cJSON_Delete(json);
	return NULL;
}

void answer_field(const cJSON *object, const char *name, struct redactor *redactor, char *text, size_t size)
{
	char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	if (value != NULL)
		redact(redactor, value); /* before it is cut */
	snprintf(text, size, "%s", value != NULL ? value : "");
	text_clean(text, ""); /* it goes into one sentence, so it stays one line */
}

static bool has_text(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return value != NULL && *value != '\0';
}

void answer_words(const cJSON *json, struct redactor *redactor, char *code, size_t code_size, char *description,
		  size_t description_size)
{
	const cJSON *object = cJSON_IsArray(json) ? json->child : json;

	while (cJSON_IsArray(json) && object != NULL && !has_text(object, "error") && !has_text(object, "errorCode"))
		object = object->next;
	answer_field(object, has_text(object, "error") ? "error" : "errorCode", redactor, code, code_size);
	answer_field(object, has_text(object, "error_description") ? "error_description" : "message", redactor,
		     description, description_size);
}

void answer_plain_words(const struct http_response *response, char *code, size_t code_size)
{
	const char *text = secret_data(response->body);
	size_t length = secret_length(response->body);

	if (length > PLAIN_WORDS || strlen(text) != length || strchr(text, '<') != NULL)
		return;
	text += strspn(text, " \t\r\n");
	snprintf(code, code_size, "%.*s", (int)strcspn(text, "\r\n"), text);
	redact(response->redactor, code);
	text_clean(code, "");
}

int answer_refuses(const struct http_response *response, const char *code, const char *description, struct error *error)
{
	if (*code == '\0' && *description == '\0')
		return error_set(error, ERROR_ORG, "the org refused with HTTP status %ld and gave no reason", response->status);
	return error_set(error, ERROR_ORG, "the org refused: %s%s%s (HTTP status %ld)", code,
			 *code != '\0' && *description != '\0' ? ": " : "", description, response->status);
}

int answer_repeats(const struct http_response *response, const cJSON *json, struct error *error)
{
	char name[JSON_NAME_SIZE];

	if (!json_repeats(json, name))
		return 0;
	return error_set(error, ERROR_ANSWER, "the org's answer names \"%s\" twice (HTTP status %ld)", name, response->status);
}

int answer_redirects(const struct http_response *response, struct error *error)
{
	if (response->status < 300 || response->status >= 400)
		return 0;
	error_set(error, ERROR_ANSWER, "the org answered with a redirect (HTTP status %ld) to %s, which is not followed",
		  response->status, response->location[0] != '\0' ? response->location : "nowhere");
	error_hint(error, "if the org has moved there, give that address with --instance-url or --token-url");
	return -ERROR_ANSWER;
}
