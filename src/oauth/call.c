/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/call.h"

#include "base/json.h"
#include "base/text.h"
#include "oauth/answer.h"

#include <stdio.h>
#include <string.h>

enum { PLAIN_WORDS = 200 }; /* bytes: a plain text that is longer is a page, and no reason */

/* Salesforce's refusals are said to repeat the token that they refuse. Returns whether the text did. */
static bool hide(char *text, const struct secret *secret)
{
	size_t length = secret_length(secret);
	bool found = false;

	for (; text != NULL && length > 0 && (text = strstr(text, secret_data(secret))) != NULL; text += length) {
		memset(text, '*', length);
		found = true;
	}
	return found;
}

/* The same in every name and string of the tree, which has few levels: cJSON reads no more than CJSON_NESTING_LIMIT. */
static bool hide_all(cJSON *item, const struct secret *secret)
{
	bool found = false;

	for (; item != NULL; item = item->next) {
		found |= hide(item->string, secret);
		found |= hide(item->valuestring, secret);
		found |= hide_all(item->child, secret);
	}
	return found;
}

/* In JSON, or in plain text. */
static void take_words(const cJSON *json, const struct http_response *response, const struct secret *secret,
		       struct oauth_reply *reply)
{
	const char *text = secret_data(response->body);

	answer_words(json, reply->code, sizeof(reply->code), reply->description, sizeof(reply->description));
	if (json == NULL && secret_length(response->body) <= PLAIN_WORDS && strchr(text, '<') == NULL) {
		snprintf(reply->code, sizeof(reply->code), "%.*s", (int)strcspn(text, "\r\n"), text);
		hide(reply->code, secret);
		text_clean(reply->code, "");
	}
}

static int refused(const struct oauth_reply *reply, struct error *error)
{
	if (reply->code[0] == '\0' && reply->description[0] == '\0')
		return error_set(error, ERROR_ORG, "the org refused with HTTP status %ld and gave no reason", reply->status);
	return error_set(error, ERROR_ORG, "the org refused: %s%s%s (HTTP status %ld)", reply->code,
			 reply->code[0] != '\0' && reply->description[0] != '\0' ? ": " : "", reply->description,
			 reply->status);
}

/* Numbers keep every digit, but in an answer that had to be changed: that is written anew. */
static int take_json(cJSON *json, const struct http_response *response, const struct secret *secret,
		     struct oauth_reply *reply, struct error *error)
{
	char *text = NULL;
	int result = 0;

	if (!json_is_strict(secret_data(response->body)))
		return 0;
	if (hide_all(json, secret) && (text = cJSON_PrintUnformatted(json)) == NULL)
		return error_memory(error);
	reply->json = secret_new(4096);
	if (reply->json == NULL || json_indent(reply->json, text != NULL ? text : secret_data(response->body)) < 0 ||
	    secret_append(reply->json, "\n", 1) < 0)
		result = error_memory(error);
	cJSON_free(text);
	return result;
}

static int judge(const struct http_response *response, const struct secret *secret, struct oauth_reply *reply,
		 struct error *error)
{
	cJSON *json;
	int result = 0;

	if (answer_redirects(response, error) < 0)
		return error_result(error);
	json = answer_parse(response->body);
	if (response->status >= 400) {
		hide_all(json, secret);
		take_words(json, response, secret, reply);
		reply->passing = response->status == 429 || response->status >= 500;
		result = refused(reply, error);
	} else if (json != NULL) {
		result = take_json(json, response, secret, reply, error);
	}
	cJSON_Delete(json);
	return result;
}

int oauth_call(struct http *http, const struct http_request *request, const struct secret *secret,
	       struct oauth_reply *reply, struct error *error)
{
	struct http_response response;
	int result;

	memset(reply, 0, sizeof(*reply));
	result = http_send(http, request, &response, error);
	reply->status = response.status;
	reply->retry_after = response.retry_after;
	reply->sent = response.sent;
	reply->passing = response.passing;
	if (result == 0)
		result = judge(&response, secret, reply, error);
	http_response_clear(&response);
	return result;
}

void oauth_reply_clear(struct oauth_reply *reply)
{
	secret_free(&reply->json);
	memset(reply, 0, sizeof(*reply));
}
