/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-assertion.h"

#include "agent/line.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
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

/* Decodes the part of an assertion that begins at `text`. NULL if out of memory or if it is not base64url. */
static struct secret *decode(const char *text)
{
	size_t length = strspn(text, BASE64URL), padded = (length + 3) / 4 * 4;
	struct secret *coded = secret_new(padded), *plain = secret_new(padded);
	char *from = coded != NULL ? secret_extend(coded, padded) : NULL;
	char *to = plain != NULL ? secret_extend(plain, padded) : NULL;
	bool works = from != NULL && to != NULL;

	for (size_t i = 0; i < padded && works; i++)
		from[i] = i >= length ? '=' : text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	works = works && EVP_DecodeBlock((unsigned char *)to, (const unsigned char *)from, (int)padded) >= 0;
	if (works)
		secret_truncate(plain, length * 3 / 4);
	secret_free(&coded);
	if (!works)
		secret_free(&plain);
	return plain;
}

static void read_jti(const char *assertion, char jti[JTI_SIZE])
{
	struct secret *claims = decode(strchr(assertion, '.') + 1);
	cJSON *json = claims != NULL ? cJSON_Parse(secret_data(claims)) : NULL;
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "jti"));

	snprintf(jti, JTI_SIZE, "%s", value != NULL ? value : "");
	text_line(jti);
	cJSON_Delete(json);
	secret_free(&claims);
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

/* The answer as an object. The worker has left out its opening brace. */
static cJSON *parse(const char *answer, size_t length)
{
	struct secret *text = secret_new(length + 2);
	bool works = text != NULL && secret_append(text, "{", 1) == 0 && secret_append(text, answer, length) == 0 &&
		     ((length > 0 && answer[length - 1] == '}') || secret_append(text, "}", 1) == 0);
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
