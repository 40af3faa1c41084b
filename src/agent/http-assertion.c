/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-assertion.h"

#include "agent/claims.h"
#include "agent/line.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static int unusable(struct failure *failure, const char *reason)
{
	failure_set(failure, FAILURE_WORKER, ERROR_ANSWER, 0, "the worker's answer is unusable: %s", reason);
	return -1;
}

/* Three parts of base64url, with dots between. */
static bool is_assertion(const char *text)
{
	for (int part = 0; part < 3; part++) {
		size_t length = strspn(text, BASE64URL);

		if (length == 0 || text[length] != (part < 2 ? '.' : '\0'))
			return false;
		text += length + 1;
	}
	return true;
}

static void read_jti(const char *assertion, char jti[JTI_SIZE])
{
	cJSON *claims = claims_read(assertion);
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(claims, "jti"));

	snprintf(jti, JTI_SIZE, "%s", value != NULL ? value : "");
	text_line(jti);
	cJSON_Delete(claims);
}

static int write_json(struct secret *json, const char *assertion, const char *profile)
{
	int result = secret_printf(json, "{\"assertion\":\"");

	result |= secret_append(json, assertion, strlen(assertion));
	result |= secret_printf(json, "\",\"p11bearer\":{\"profile\":");
	result |= agent_line_string(json, profile);
	result |= secret_printf(json, "}}");
	return result;
}

/* The answer as an object; NULL if it is none. */
static cJSON *parse(const char *answer, size_t length)
{
	struct secret *text = secret_new(length + 1);
	bool works = text != NULL && secret_append(text, "{", 1) == 0 && secret_append(text, answer, length) == 0;
	cJSON *json = works ? cJSON_ParseWithOpts(secret_data(text), NULL, 1) : NULL;

	secret_free(&text);
	return json;
}

int http_assertion_json(struct secret **json, const char *answer, size_t length, const char *profile,
			char jti[JTI_SIZE], struct failure *failure)
{
	cJSON *object = parse(answer, length);
	const char *assertion = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "assertion"));
	int result = 0;

	*json = NULL;
	if (assertion == NULL || !is_assertion(assertion)) {
		result = unusable(failure, "it holds no assertion");
	} else {
		read_jti(assertion, jti);
		*json = secret_new(strlen(assertion) + 128);
		if (*json == NULL || write_json(*json, assertion, profile != NULL ? profile : "default") < 0) {
			secret_free(json);
			failure_set(failure, FAILURE_WORKER, ERROR_UNEXPECTED, 0, "out of memory");
			result = -1;
		}
	}
	cJSON_Delete(object);
	return result;
}
