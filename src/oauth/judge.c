/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/judge.h"

#include "oauth/refusal.h"

#include "base/json.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_WORDS = 200 }; /* bytes: a longer plain text is a page, not a reason */

void judge_begin(void)
{
	cJSON_Hooks hooks = { wipe_malloc, wipe_free };

	cJSON_InitHooks(&hooks);
}

/* The body as a JSON object or array; NULL if it is neither. */
static cJSON *parse(const struct secret *body)
{
	const char *text = secret_data(body);
	cJSON *json = strlen(text) == secret_length(body) ? cJSON_ParseWithOpts(text, NULL, 1) : NULL;

	if (cJSON_IsObject(json) || cJSON_IsArray(json))
		return json;
	cJSON_Delete(json);
	return NULL;
}

static bool has_text(const cJSON *object, const char *name)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return value != NULL && *value != '\0';
}

static void copy_field(const cJSON *object, const char *name, struct redactor *redactor, char *text, size_t size)
{
	char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	if (value != NULL)
		redact(redactor, value); /* before it is cut */
	snprintf(text, size, "%s", value != NULL ? value : "");
	text_clean(text, ""); /* it becomes part of a sentence, so it must be one line */
}

/* The API answers with a list of objects; the first one that has a code counts. */
static void read_words(const cJSON *json, const char *const names[2], struct redactor *redactor,
		       struct oauth_answer *answer)
{
	const cJSON *object = cJSON_IsArray(json) ? json->child : json;

	while (cJSON_IsArray(json) && object != NULL && !has_text(object, "error") && !has_text(object, names[0]))
		object = object->next;
	copy_field(object, has_text(object, "error") ? "error" : names[0], redactor, answer->code,
		   sizeof(answer->code));
	copy_field(object, has_text(object, "error_description") ? "error_description" : names[1], redactor,
		   answer->description, sizeof(answer->description));
}

/* The first line of a short plain text serves as the code. */
static void read_plain_words(const struct http_response *response, struct oauth_answer *answer)
{
	const char *text = secret_data(response->body);
	size_t length = secret_length(response->body);

	if (length > PLAIN_WORDS || strlen(text) != length || strchr(text, '<') != NULL)
		return;
	text += strspn(text, " \t\r\n");
	snprintf(answer->code, sizeof(answer->code), "%.*s", (int)strcspn(text, "\r\n"), text);
	redact(response->redactor, answer->code);
	text_clean(answer->code, "");
	answer->plain = true;
}

static int refuse(const struct http_response *response, const cJSON *json, enum oauth_wanted wanted,
		  struct oauth_answer *answer, struct error *error)
{
	const char *code = answer->code, *description = answer->description;
	bool worded = *code != '\0' || *description != '\0';

	if (json == NULL)
		read_plain_words(response, answer);
	if (json == NULL && refusal_by_page(response, code, error)) {
		answer->refused = true;
		answer->code[0] = '\0'; /* the hint knows more than advice on a gateway's words */
		return -ERROR_ORG;
	}
	if (*code == '\0' && *description == '\0')
		error_set(error, ERROR_ORG, "the org refused with HTTP status %ld and gave no reason",
			  response->status);
	else
		error_set(error, ERROR_ORG, "the org refused: %s%s%s (HTTP status %ld)", code,
			  *code != '\0' && *description != '\0' ? ": " : "", description, response->status);
	answer->refused = refusal_is_named(response->status, code) || refusal_is_named(response->status, description);
	if (answer->refused)
		error_hint(error, "%s", refusal_hint(response->certificate));
	else if (wanted == OAUTH_BEARER && !worded && !answer->transient)
		error_hint(error, "%s does not look like a token endpoint, or a proxy answers for it; check "
				  "--instance-url and --token-url", response->url);
	return -ERROR_ORG;
}

static int refuse_redirect(const struct http_response *response, struct error *error)
{
	error_set(error, ERROR_ANSWER, "the org answered with a redirect (HTTP status %ld) to %s, which is not "
		  "followed", response->status, response->location[0] != '\0' ? response->location : "nowhere");
	error_hint(error, "if the org has moved there, give that address with --instance-url or --token-url");
	return -ERROR_ANSWER;
}

/* Parsers disagree on which of two members with the same name counts. */
static int check_repeats(const struct http_response *response, const cJSON *json, struct error *error)
{
	char name[JSON_NAME_SIZE];

	if (!json_repeats(json, name))
		return 0;
	return error_set(error, ERROR_ANSWER, "the org's answer names \"%s\" twice (HTTP status %ld)", name,
			 response->status);
}

static int take_json(const struct http_response *response, const cJSON *json, struct oauth_answer *answer,
		     struct error *error)
{
	const char *text = secret_data(response->body);

	if (json == NULL)
		return error_set(error, ERROR_ANSWER, "the org's answer is not JSON (HTTP status %ld)",
				 response->status);
	if (json_strict(text, json, ERROR_ANSWER, "the org's answer", error) < 0) {
		error_append(error, " (HTTP status %ld)", response->status);
		return -ERROR_ANSWER;
	}
	if (answer->json == NULL)
		answer->json = secret_new(4096);
	if (answer->json == NULL || json_indent(answer->json, text, response->redactor) < 0 ||
	    secret_append(answer->json, "\n", 1) < 0)
		return error_memory(error);
	return 0;
}

static int take_body(const struct http_response *response, const cJSON *json, enum oauth_wanted wanted,
		     struct oauth_answer *answer, struct error *error)
{
	if (wanted == OAUTH_ANY)
		return 0;
	if (wanted == OAUTH_JSON)
		return take_json(response, json, answer, error);
	if (!cJSON_IsObject(json))
		return error_set(error, ERROR_ANSWER, "the org's answer is not a JSON object (HTTP status %ld)",
				 response->status);
	return grant_take(json, secret_data(response->body), answer, error);
}

static int judge(const struct http_response *response, enum oauth_wanted wanted, const struct oauth_shape *shape,
		 struct oauth_answer *answer, struct error *error)
{
	bool refused = response->status >= 400, reads_words = refused || wanted == OAUTH_BEARER;
	cJSON *json;
	int result = 0;

	if (response->status >= 300 && !refused)
		return refuse_redirect(response, error);
	if (refused)
		answer->transient = response->status == 429 || response->status >= 500;
	json = parse(response->body);
	if (wanted == OAUTH_BEARER)
		grant_guard(json, response->redactor);
	if (reads_words) {
		result = check_repeats(response, json, error);
		if (result == 0)
			read_words(json, shape->names, response->redactor, answer);
	}
	if (result == 0 && (refused || answer->code[0] != '\0'))
		result = refuse(response, json, wanted, answer, error);
	else if (result == 0)
		result = take_body(response, json, wanted, answer, error);
	cJSON_Delete(json);
	return result;
}

int judge_response(const struct http_response *response, enum oauth_wanted wanted, const struct oauth_shape *shape,
		   int result, struct oauth_answer *answer, struct error *error)
{
	oauth_answer_wipe(answer);
	*answer = (struct oauth_answer){
		.json = answer->json,
		.access_token = answer->access_token,
		.status = response->status,
		.sent = response->sent,
		.transient = response->transient,
		.stale = response->stale,
		.refused = response->refused,
		.clock = response->clock,
		.retry_after = response->retry_after,
	};
	if (result < 0)
		return result;
	result = judge(response, wanted, shape, answer, error);
	if (result < 0)
		redact_error(response->redactor, error);
	return result;
}

void oauth_answer_wipe(struct oauth_answer *answer)
{
	if (answer->json != NULL)
		secret_truncate(answer->json, 0);
	if (answer->access_token != NULL)
		secret_truncate(answer->access_token, 0);
	free(answer->instance_url);
	free(answer->id);
	answer->instance_url = answer->id = NULL;
}

void oauth_answer_clear(struct oauth_answer *answer)
{
	oauth_answer_wipe(answer);
	secret_free(&answer->json);
	secret_free(&answer->access_token);
	memset(answer, 0, sizeof(*answer));
}
