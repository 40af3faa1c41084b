/* SPDX-License-Identifier: Apache-2.0 */
#include "jwt/jwt.h"

#include "base/base64url.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* The value as compact JSON, to be freed; *json is NULL when it is none but a bare word. Fails with ERROR_CONFIG when it
 * begins like JSON and is none. */
static int take_value(const char *what, const struct jwt_extra *extra, char **json, struct error *error)
{
	cJSON *value = cJSON_ParseWithOpts(extra->json, NULL, 1);
	bool parsed = value != NULL;
	struct error why;
	char name[JSON_NAME_SIZE];

	cJSON_Delete(value);
	*json = strdup(extra->json);
	if (*json == NULL)
		return error_memory(error);
	if (parsed && json_check(*json, ERROR_CONFIG, "", &why) == 0) {
		json_compact(*json);
		return 0;
	}
	free(*json);
	*json = NULL;
	if (parsed && json_repeats(extra->json, name))
		return error_set(error, ERROR_CONFIG, "the value of %s %s names \"%s\" twice", what, extra->name, name);
	if (strchr("{[\"", extra->json[0]) != NULL)
		return error_set(error, ERROR_CONFIG, "the value of %s %s is not valid JSON", what, extra->name);
	return 0;
}

static int check_extra(const char *what, const struct jwt_extra *extra, const char *const *taken, struct error *error)
{
	char *json;
	int result;

	if (extra->name[0] == '\0')
		return error_set(error, ERROR_CONFIG, "a %s needs a name", what);
	for (; *taken != NULL; taken += 2) {
		if (strcmp(extra->name, taken[0]) != 0)
			continue;
		error_set(error, ERROR_CONFIG, "%s %s is set by the program", what, extra->name);
		error_hint(error, "%s", taken[1]);
		return -ERROR_CONFIG;
	}
	result = take_value(what, extra, &json, error);
	free(json);
	return result;
}

int jwt_claim_check(const struct jwt_extra *claim, bool with_jti, struct error *error)
{
	static const char *const taken[] = { "iss", "it comes from --client-id",
					     "sub", "it comes from --username",
					     "aud", "it comes from --audience or --instance-url",
					     "exp", "it comes from --lifetime",
					     "jti", "it is random; --no-jti leaves it out and makes room for another",
					     NULL };
	static const char *const taken_without_jti[] = { "iss", "it comes from --client-id",
							 "sub", "it comes from --username",
							 "aud", "it comes from --audience or --instance-url",
							 "exp", "it comes from --lifetime",
							 NULL };

	return check_extra("claim", claim, with_jti ? taken : taken_without_jti, error);
}

int jwt_header_check(const struct jwt_extra *header, struct error *error)
{
	static const char *const taken[] = { "alg", "it is always RS256", NULL };

	return check_extra("header field", header, taken, error);
}

/* The text of the user's JSON goes in as it is, so that no number loses digits on its way through a double. */
static int add_extra(cJSON *object, const char *what, const struct jwt_extra *extra, struct error *error)
{
	cJSON *added;
	char *json;

	if (take_value(what, extra, &json, error) < 0)
		return error_result(error);
	cJSON_DeleteItemFromObjectCaseSensitive(object, extra->name);
	if (json == NULL)
		added = cJSON_AddStringToObject(object, extra->name, extra->json);
	else
		added = cJSON_AddRawToObject(object, extra->name, json);
	free(json);
	return added != NULL ? 0 : error_memory(error);
}

static int print(cJSON *object, char **json, struct error *error)
{
	*json = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return *json != NULL ? 0 : error_memory(error);
}

int jwt_header(const struct jwt_params *params, char **json, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	int result = 0;

	*json = NULL;
	if (cJSON_AddStringToObject(object, "alg", "RS256") == NULL)
		result = error_memory(error);
	for (size_t i = 0; i < params->header_count && result == 0; i++) {
		result = jwt_header_check(&params->headers[i], error);
		if (result == 0)
			result = add_extra(object, "header field", &params->headers[i], error);
	}
	if (result == 0)
		return print(object, json, error);
	cJSON_Delete(object);
	return result;
}

int jwt_claims(const struct jwt_params *params, char **json, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	int result = 0;

	*json = NULL;
	if (cJSON_AddStringToObject(object, "iss", params->iss) == NULL ||
	    cJSON_AddStringToObject(object, "sub", params->sub) == NULL ||
	    cJSON_AddStringToObject(object, "aud", params->aud) == NULL ||
	    cJSON_AddNumberToObject(object, "exp", (double)params->exp) == NULL ||
	    (params->jti != NULL && cJSON_AddStringToObject(object, "jti", params->jti) == NULL))
		result = error_memory(error);
	for (size_t i = 0; i < params->claim_count && result == 0; i++) {
		result = jwt_claim_check(&params->claims[i], params->jti != NULL, error);
		if (result == 0)
			result = add_extra(object, "claim", &params->claims[i], error);
	}
	if (result == 0)
		return print(object, json, error);
	cJSON_Delete(object);
	return result;
}

static int append_part(struct secret *assertion, const void *data, size_t length)
{
	char *text = secret_extend(assertion, base64url_length(length));

	if (text == NULL)
		return -1;
	base64url_encode(data, length, text);
	return 0;
}

int jwt_sign(const char *header, const char *claims, sign_function *sign, void *context, struct secret *assertion,
	     struct error *error)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t length;
	int result = 0;

	secret_truncate(assertion, 0);
	if (append_part(assertion, header, strlen(header)) < 0 || secret_append(assertion, ".", 1) < 0 ||
	    append_part(assertion, claims, strlen(claims)) < 0)
		result = error_memory(error);
	if (result == 0)
		result = sign(context, secret_data(assertion), secret_length(assertion), signature, &length, error);
	if (result == 0 && (secret_append(assertion, ".", 1) < 0 || append_part(assertion, signature, length) < 0))
		result = error_memory(error);
	if (result < 0)
		secret_truncate(assertion, 0);
	return result;
}
