/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/exchange.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies a string field; empty when it is not there or no string. It goes into one sentence, so it stays one line. */
static void copy_field(const cJSON *object, const char *name, char *text, size_t size)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	snprintf(text, size, "%s", value != NULL ? value : "");
	for (char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ')
			*c = ' ';
	}
}

/* cJSON's copies hold the bearer, so they are wiped when freed. */
static cJSON *parse(const struct secret *body)
{
	cJSON_Hooks hooks = { wipe_malloc, wipe_free };

	cJSON_InitHooks(&hooks);
	return cJSON_ParseWithLength(secret_data(body), secret_length(body));
}

static int take_bearer(const cJSON *object, struct oauth_answer *answer, struct error *error)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "access_token"));
	const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "instance_url"));
	char *text;

	if (token == NULL || *token == '\0')
		return error_set(error, ERROR_ANSWER, "the org's answer (HTTP 200) has no access_token");
	/* RFC 6750 section 2.1 allows visible characters only; anything else could add lines to a header or a script. */
	for (const char *c = token; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			return error_set(error, ERROR_ANSWER, "the org's access_token holds a character that no token may");
	}
	text = cJSON_Print(object);
	answer->json = secret_new(4096);
	answer->access_token = secret_new(1024);
	answer->instance_url = url != NULL ? strdup(url) : NULL;
	if (text == NULL || answer->json == NULL || answer->access_token == NULL ||
	    (url != NULL && answer->instance_url == NULL) || secret_printf(answer->json, "%s\n", text) < 0 ||
	    secret_append(answer->access_token, token, strlen(token)) < 0) {
		cJSON_free(text);
		return error_memory(error);
	}
	cJSON_free(text);
	return 0;
}

static int refused(const cJSON *object, const struct http_response *response, struct oauth_answer *answer,
		   struct error *error)
{
	copy_field(object, "error", answer->code, sizeof(answer->code));
	copy_field(object, "error_description", answer->description, sizeof(answer->description));
	answer->passing = response->status == 429 || response->status >= 500;
	if (answer->code[0] == '\0')
		return error_set(error, ERROR_ORG, "the org refused with HTTP status %ld and no reason", response->status);
	return error_set(error, ERROR_ORG, "the org refused: %s%s%s (HTTP status %ld)", answer->code,
			 answer->description[0] != '\0' ? ": " : "", answer->description, response->status);
}

static int judge(const struct http_response *response, struct oauth_answer *answer, struct error *error)
{
	cJSON *object;
	int result;

	if (response->status == 407)
		return error_set(error, ERROR_NETWORK, "the proxy wants a user and password (HTTP status 407)");
	if (response->status >= 300 && response->status < 400) {
		error_set(error, ERROR_ANSWER, "the org answered with a redirect (HTTP status %ld) to %s, which is not followed",
			  response->status, response->location[0] != '\0' ? response->location : "nowhere");
		error_hint(error, "if that is the org's right address, give it with --instance-url");
		return -ERROR_ANSWER;
	}
	object = parse(response->body);
	if (response->status >= 400)
		result = refused(object, response, answer, error);
	else if (response->status != 200 || !cJSON_IsObject(object))
		result = error_set(error, ERROR_ANSWER, "the org's answer is not a JSON object (HTTP status %ld)",
				   response->status);
	else
		result = take_bearer(object, answer, error);
	cJSON_Delete(object);
	return result;
}

int oauth_exchange(struct http *http, const char *url, const struct secret *assertion, struct oauth_answer *answer,
		   struct error *error)
{
	const struct http_field fields[] = {
		{ "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer" },
		{ "assertion", secret_data(assertion) },
	};
	struct http_response response;
	int result;

	memset(answer, 0, sizeof(*answer));
	result = http_post_form(http, url, fields, 2, &response, error);
	answer->sent = response.sent;
	answer->passing = response.passing;
	answer->date = response.date;
	answer->retry_after = response.retry_after;
	if (result == 0)
		result = judge(&response, answer, error);
	http_response_clear(&response);
	return result;
}

void oauth_answer_clear(struct oauth_answer *answer)
{
	secret_free(&answer->json);
	secret_free(&answer->access_token);
	free(answer->instance_url);
	memset(answer, 0, sizeof(*answer));
}
