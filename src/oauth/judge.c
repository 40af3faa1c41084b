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
		  const struct oauth_shape *shape, struct oauth_answer *answer, struct error *error)
{
	const char *code = answer->code, *description = answer->description;
	bool worded = *code != '\0' || *description != '\0';
	char details[512];

	if (json == NULL)
		read_plain_words(response, answer);
	if (json == NULL && refusal_by_page(response, code, error)) {
		answer->refused = true;
		answer->code[0] = '\0'; /* the hint knows more than advice on a gateway's words */
		return -ERROR_ORG;
	}
	words_details(json, description, response->redactor, details, sizeof(details));
	if (*code == '\0' && *description == '\0')
		error_set(error, ERROR_ORG, "%s refused with HTTP status %ld and gave no reason%s", shape->party,
			  response->status, details);
	else
		error_set(error, ERROR_ORG, "%s refused: %s%s%s (HTTP status %ld%s)", shape->party, code,
			  *code != '\0' && *description != '\0' ? ": " : "", description, response->status, details);
	answer->refused = refusal_is_named(response->status, code) || refusal_is_named(response->status, description);
	if (answer->refused)
		error_hint(error, "%s", refusal_hint(response->certificate));
	else if (strcmp(code, "use_dpop_nonce") == 0 || strcmp(code, "invalid_dpop_proof") == 0)
		error_hint(error, "%s", GRANT_NO_DPOP);
	else if (wanted == OAUTH_BEARER && !worded && !answer->transient)
		error_hint(error, "%s does not look like a token endpoint, or a proxy answers for it; check "
				  "--instance-url and --token-url", response->url);
	return -ERROR_ORG;
}

static int refuse_redirect(const struct http_response *response, const char *party, struct error *error)
{
	error_set(error, ERROR_ANSWER, "%s answered with a redirect (HTTP status %ld) to %s, which is not "
		  "followed", party, response->status, response->location[0] != '\0' ? response->location : "nowhere");
	error_hint(error, "if %s has moved there, give that address with --instance-url or --token-url", party);
	return -ERROR_ANSWER;
}

/* Parsers disagree on which of two members with the same name counts. */
static int check_repeats(const struct http_response *response, const cJSON *json, const char *party,
			 struct error *error)
{
	char name[JSON_NAME_SIZE];

	if (!json_repeats(json, name))
		return 0;
	return error_set(error, ERROR_ANSWER, "%s's answer names \"%s\" twice (HTTP status %ld)", party, name,
			 response->status);
}

static int take_json(const struct http_response *response, const cJSON *json, const char *party,
		     struct oauth_answer *answer, struct error *error)
{
	const char *text = secret_data(response->body);
	char what[ANSWER_NAME_SIZE];

	snprintf(what, sizeof(what), "%s's answer", party);
	if (json == NULL)
		return error_set(error, ERROR_ANSWER, "%s is not JSON (HTTP status %ld)", what, response->status);
	if (json_strict(text, json, ERROR_ANSWER, what, error) < 0) {
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
		     const struct oauth_shape *shape, struct oauth_answer *answer, struct error *error)
{
	if (wanted == OAUTH_ANY)
		return 0;
	if (wanted == OAUTH_JSON)
		return take_json(response, json, shape->party, answer, error);
	if (!cJSON_IsObject(json))
		return error_set(error, ERROR_ANSWER, "%s's answer is not a JSON object (HTTP status %ld)",
				 shape->party, response->status);
	return grant_take(json, secret_data(response->body), shape, answer, error);
}

static int judge(const struct http_response *response, enum oauth_wanted wanted, const struct oauth_shape *shape,
		 struct oauth_answer *answer, struct error *error)
{
	bool failed = response->status >= 400, refused = failed; /* the latter: it may only be a refusal */
	cJSON *json;
	int result = 0;

	if (response->status >= 300 && !failed)
		return refuse_redirect(response, shape->party, error);
	if (failed)
		answer->transient = response->status == 429 || response->status >= 500;
	json = parse(response->body);
	if (wanted == OAUTH_BEARER) {
		grant_guard(json, shape, response->redactor);
		refused = failed || (cJSON_IsObject(json) && !grant_has_token(json, shape));
	}
	if (failed || wanted == OAUTH_BEARER) {
		result = check_repeats(response, json, shape->party, error);
		if (result == 0)
			words_read(json, shape, refused, response->redactor, answer);
	}
	if (result == 0 && (failed || answer->code[0] != '\0' || (refused && answer->description[0] != '\0')))
		result = refuse(response, json, wanted, shape, answer, error);
	else if (result == 0)
		result = take_body(response, json, wanted, shape, answer, error);
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
