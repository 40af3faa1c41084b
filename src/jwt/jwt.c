/* SPDX-License-Identifier: Apache-2.0 */
#include "jwt/jwt.h"

#include "base/base64url.h"
#include "base/json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* The names that the program sets in each part, and how the user sets their values. */
static const struct {
	enum jwt_part first, last;
	const char *name, *hint;
} own[] = {
	{ JWT_HEADER, JWT_HEADER, "alg", "remove it; choose the algorithm with --alg" },
	{ JWT_CLAIM, JWT_CLAIM_NOT_JTI, "iss", "set it with --client-id" },
	{ JWT_CLAIM, JWT_CLAIM_NOT_JTI, "sub", "set it with --username" },
	{ JWT_CLAIM, JWT_CLAIM_NOT_JTI, "aud", "set it with --audience or --instance-url" },
	{ JWT_CLAIM, JWT_CLAIM_NOT_JTI, "exp", "set it with --lifetime" },
	{ JWT_CLAIM_NOT_JTI, JWT_CLAIM_NOT_JTI, "jti", "use --no-jti to set your own" },
};

static const char *part_name(enum jwt_part part)
{
	return part == JWT_HEADER ? "header field" : "claim";
}

int jwt_allows(enum jwt_part part, const char *name, struct error *error)
{
	if (name[0] == '\0')
		return error_set(error, ERROR_CONFIG, "a %s needs a name", part_name(part));
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (part < own[i].first || part > own[i].last || strcmp(name, own[i].name) != 0)
			continue;
		error_set(error, ERROR_CONFIG, "%s %s is set by the program", part_name(part), name);
		error_hint(error, "%s", own[i].hint);
		return -ERROR_CONFIG;
	}
	return 0;
}

/* The user's JSON stays text, because numbers lose digits when cJSON converts them to double. */
static char *compact(const char *text)
{
	char *json = strdup(text);

	if (json != NULL)
		json_compact(json);
	return json;
}

int jwt_quote(const char *text, char **json, struct error *error)
{
	cJSON *string = cJSON_CreateString(text);

	*json = cJSON_PrintUnformatted(string);
	cJSON_Delete(string);
	return *json != NULL ? 0 : error_memory(error);
}

int jwt_extra_parse(struct jwt_extra *extra, enum jwt_part part, const char *name, const char *text,
		    struct error *error)
{
	cJSON *root;
	struct error why;
	char repeated[JSON_NAME_SIZE], *json = NULL;
	bool strict;
	int result = 0;

	*extra = (struct jwt_extra){ .name = name };
	if (jwt_allows(part, name, error) < 0)
		return error_result(error);
	root = cJSON_ParseWithOpts(text, NULL, 1);
	strict = root != NULL && json_strict(text, root, ERROR_CONFIG, "", &why) == 0;
	if (part == JWT_HEADER && strcmp(name, "kid") == 0 && cJSON_IsNumber(root))
		strict = false; /* a string, even if it has only digits (RFC 7515 section 4.1.4) */
	if (!strict && json_repeats(root, repeated))
		result = error_set(error, ERROR_CONFIG, "the value of %s %s names \"%s\" twice", part_name(part), name,
				   repeated);
	else if (!strict && strchr("{[\"", text[0]) != NULL)
		result = error_set(error, ERROR_CONFIG, "the value of %s %s is not valid JSON", part_name(part), name);
	else if (!strict)
		result = jwt_quote(text, &json, error);
	else if ((json = compact(text)) == NULL)
		result = error_memory(error);
	extra->json = json;
	cJSON_Delete(root);
	return result;
}

static bool add_extras(cJSON *object, const struct jwt_extra *extras, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, extras[i].name);
		if (cJSON_AddRawToObject(object, extras[i].name, extras[i].json) == NULL)
			return false;
	}
	return true;
}

/* Prints and frees the object. `complete` is false if memory was exhausted while it was built. */
static int print(cJSON *object, bool complete, char **json, struct error *error)
{
	*json = complete ? cJSON_PrintUnformatted(object) : NULL;
	cJSON_Delete(object);
	return *json != NULL ? 0 : error_memory(error);
}

int jwt_header(const struct jwt_params *params, char **json, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	bool complete = cJSON_AddStringToObject(object, "alg", alg_info(params->alg)->name) != NULL &&
			add_extras(object, params->headers, params->header_count);

	return print(object, complete, json, error);
}

int jwt_claims(const struct jwt_params *params, char **json, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	bool complete = (params->iss == NULL || cJSON_AddStringToObject(object, "iss", params->iss) != NULL) &&
			(params->sub == NULL || cJSON_AddStringToObject(object, "sub", params->sub) != NULL) &&
			(params->aud == NULL || cJSON_AddStringToObject(object, "aud", params->aud) != NULL) &&
			(!params->has_iat || cJSON_AddNumberToObject(object, "iat", (double)params->iat) != NULL) &&
			(!params->has_nbf || cJSON_AddNumberToObject(object, "nbf", (double)params->nbf) != NULL) &&
			cJSON_AddNumberToObject(object, "exp", (double)params->exp) != NULL &&
			(params->jti == NULL || cJSON_AddStringToObject(object, "jti", params->jti) != NULL) &&
			add_extras(object, params->claims, params->claim_count);

	return print(object, complete, json, error);
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
