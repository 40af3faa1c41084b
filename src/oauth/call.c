/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/call.h"

#include "base/json.h"
#include "oauth/answer.h"

#include <stdio.h>
#include <string.h>

static int take_json(const struct http_response *response, const cJSON *json, struct oauth_reply *reply, struct error *error)
{
	const char *text = secret_data(response->body);
	struct error why;

	if (json_strict(text, json, ERROR_ANSWER, "the org's answer", &why) < 0) {
		snprintf(reply->fault, sizeof(reply->fault), "%.200s", why.text);
		redact(response->redactor, reply->fault);
		return 0;
	}
	reply->json = secret_new(4096);
	if (reply->json == NULL || json_indent(reply->json, text, response->redactor) < 0 ||
	    secret_append(reply->json, "\n", 1) < 0)
		return error_memory(error);
	return 0;
}

static int judge(const struct http_response *response, struct oauth_reply *reply, struct error *error)
{
	cJSON *json;
	int result = 0;

	if (answer_redirects(response, error) < 0)
		return error_result(error);
	if (response->status >= 400)
		reply->passing = response->status == 429 || response->status >= 500;
	snprintf(reply->fault, sizeof(reply->fault), "the org's answer is not JSON");
	json = answer_parse(response->body);
	if (response->status >= 400 && answer_repeats(response, json, error) < 0) {
		result = error_result(error);
	} else if (response->status >= 400) {
		answer_words(json, response->redactor, reply->code, sizeof(reply->code), reply->description,
			     sizeof(reply->description));
		if (json == NULL)
			answer_plain_words(response, reply->code, sizeof(reply->code));
		result = answer_refuses(response, reply->code, reply->description, error);
	} else if (json != NULL) {
		result = take_json(response, json, reply, error);
	}
	cJSON_Delete(json);
	return result;
}

int oauth_call(struct http *http, const struct http_request *request, struct oauth_reply *reply, struct error *error)
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
		result = judge(&response, reply, error);
	if (result < 0)
		redact_error(response.redactor, error);
	http_response_clear(&response);
	return result;
}

void oauth_reply_clear(struct oauth_reply *reply)
{
	secret_free(&reply->json);
	memset(reply, 0, sizeof(*reply));
}
