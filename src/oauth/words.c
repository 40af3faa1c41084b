/* SPDX-License-Identifier: Apache-2.0 */
/* A refusal's own words, whatever its shape: RFC 6749 section 5.2, RFC 9457, or the vendor's own. */
#include "oauth/judge.h"

#include "base/json.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	NUMBER_SIZE = 24,
	DEEPEST = 8, /* levels of lists that are read */
};

/* Where servers put the words, the most specific first. In an object below "error", "status" is a word. */
static const char *const code_names[] = { "errorCode", "o:errorCode", "code", NULL };
static const char *const inner_code_names[] = { "status", "error", "errorCode", "code", "type", NULL };
static const char *const description_names[] = { "error_description", "message", "errorSummary", "detail", "title",
						 NULL };
static const char *const list_names[] = { "errors", "errorCauses", "o:errorDetails", NULL };
static const char *const detail_names[] = { "error_codes", "trace_id", "correlation_id", "errorId", "error_uri",
					    "documentation_url", NULL };

/* What is read, and where it is kept. */
struct words {
	struct redactor *redactor;
	struct oauth_answer *answer;
};

/* Returns the text of a string that is not empty, or of a whole number, which is written to `number`; otherwise
 * NULL. */
static char *text_of(const cJSON *item, char number[NUMBER_SIZE])
{
	if (cJSON_IsString(item) && item->valuestring[0] != '\0')
		return item->valuestring;
	if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= 1e15) ||
	    item->valuedouble != (double)(long long)item->valuedouble)
		return NULL;
	snprintf(number, NUMBER_SIZE, "%.0f", item->valuedouble);
	return number;
}

/* Copies the value of the first member that has one. It becomes part of a sentence, so it must be one line. */
static void copy_first(const cJSON *object, const char *const *names, struct redactor *redactor, char *text,
		       size_t size)
{
	char number[NUMBER_SIZE], *value = NULL;

	for (; *names != NULL && value == NULL; names++)
		value = text_of(cJSON_GetObjectItemCaseSensitive(object, *names), number);
	if (value == NULL)
		return;
	redact(redactor, value); /* before it is cut */
	snprintf(text, size, "%s", value);
	text_clean(text, "");
}

/* Appends a text unless it was said before. */
static void append(char *text, size_t size, const char *separator, const char *more)
{
	if (strstr(text, more) == NULL)
		text_append(text, size, "%s%s", text[0] != '\0' ? separator : "", more);
}

/* Appends the words of a list's items: texts, or objects with a description, a code, or lists of their own. */
static void append_list(const struct words *words, const cJSON *item, unsigned depth)
{
	char said[1024] = "", number[NUMBER_SIZE];
	char *text = text_of(item, number);

	if (text != NULL) {
		redact(words->redactor, text);
		snprintf(said, sizeof(said), "%s", text);
		text_clean(said, "");
	} else if (cJSON_IsObject(item)) {
		copy_first(item, description_names, words->redactor, said, sizeof(said));
		if (said[0] == '\0')
			copy_first(item, code_names, words->redactor, said, sizeof(said));
	}
	if (said[0] != '\0')
		append(words->answer->description, sizeof(words->answer->description), "; ", said);
	for (const cJSON *child = item->child; child != NULL && said[0] == '\0' && depth < DEEPEST; child = child->next)
		append_list(words, child, depth + 1);
}

static void read_others(const struct words *words, const cJSON *object)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(object, "error");
	struct oauth_answer *answer = words->answer;

	if (cJSON_IsObject(error)) {
		copy_first(error, inner_code_names, words->redactor, answer->code, sizeof(answer->code));
		copy_first(error, description_names, words->redactor, answer->description,
			   sizeof(answer->description));
	}
	if (answer->code[0] == '\0')
		copy_first(object, code_names, words->redactor, answer->code, sizeof(answer->code));
	if (answer->description[0] == '\0')
		copy_first(object, description_names, words->redactor, answer->description,
			   sizeof(answer->description));
	if (cJSON_IsArray(error))
		append_list(words, error, 0);
	for (size_t i = 0; list_names[i] != NULL; i++) {
		const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, list_names[i]);

		if (list != NULL)
			append_list(words, list, 0);
	}
}

static bool has_text(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(value) && value->valuestring[0] != '\0';
}

/* A list of errors: the first one that has a code counts. */
static const cJSON *first_error(const cJSON *list, const struct oauth_shape *shape)
{
	const cJSON *object = list->child;

	while (object != NULL && !has_text(object, "error") && !has_text(object, shape->names[0]))
		object = object->next;
	return object != NULL ? object : list->child;
}

void words_read(const cJSON *json, const struct oauth_shape *shape, bool refused, struct redactor *redactor,
		struct oauth_answer *answer)
{
	/* A successful answer may use the vendor's names too: Apigee's has "status":"approved". */
	const char *const codes[] = { "error", refused ? shape->names[0] : NULL, NULL };
	const char *const descriptions[] = { "error_description", refused ? shape->names[1] : NULL, NULL };
	const cJSON *object = cJSON_IsArray(json) ? first_error(json, shape) : json;
	const struct words words = { redactor, answer };

	copy_first(object, codes, redactor, answer->code, sizeof(answer->code));
	copy_first(object, descriptions, redactor, answer->description, sizeof(answer->description));
	if (refused && cJSON_IsObject(object))
		read_others(&words, object);
	else if (refused && json != NULL)
		append_list(&words, json, 0);
}

/* A value, or the values in a list. */
static void append_detail(const cJSON *item, const char *name, const char *said, struct redactor *redactor, char *text,
			  size_t size)
{
	char values[256] = "", number[NUMBER_SIZE];

	for (const cJSON *one = cJSON_IsArray(item) ? item->child : item; one != NULL;
	     one = cJSON_IsArray(item) ? one->next : NULL) {
		char *value = text_of(one, number);

		if (value == NULL)
			continue;
		redact(redactor, value);
		text_append(values, sizeof(values), " %s", value);
	}
	if (values[0] != '\0' && strstr(said, values + 1) == NULL)
		text_append(text, size, "; %s%s", name, values);
}

void words_details(const cJSON *json, const char *said, struct redactor *redactor, char *text, size_t size)
{
	const cJSON *inner = cJSON_GetObjectItemCaseSensitive(json, "error");

	*text = '\0';
	for (size_t i = 0; detail_names[i] != NULL; i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, detail_names[i]);

		if (item == NULL)
			item = cJSON_GetObjectItemCaseSensitive(inner, detail_names[i]);
		append_detail(item, detail_names[i], said, redactor, text, size);
	}
	text_clean(text, "");
}
