/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-assertion.h"

#include "agent/claims.h"
#include "agent/line.h"
#include "agent/members.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

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

int http_assertion_json(struct secret **json, const char *answer, size_t length, const char *profile,
			char jti[JTI_SIZE], struct failure *failure)
{
	struct secret *text = secret_new(length + 1);
	cJSON *object;
	const char *assertion;
	int result = -1;

	*json = NULL;
	failure_set(failure, FAILURE_WORKER, ERROR_UNEXPECTED, 0, "out of memory");
	object = text != NULL ? members_parse(text, answer, length, &failure->error) : NULL;
	assertion = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "assertion"));
	if (object != NULL && (assertion == NULL || !is_assertion(assertion))) {
		error_set(&failure->error, ERROR_ANSWER, "cannot use the worker's answer: it holds no assertion");
	} else if (object != NULL) {
		read_jti(assertion, jti);
		*json = secret_new(strlen(assertion) + 128);
		if (*json != NULL)
			result = write_json(*json, assertion, profile != NULL ? profile : "default");
		if (result < 0)
			secret_free(json);
	}
	cJSON_Delete(object);
	secret_free(&text);
	return result;
}
