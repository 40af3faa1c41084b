/* SPDX-License-Identifier: Apache-2.0 */
/* The bearer in a successful response of the token endpoint (RFC 6749 section 5.1). */
#include "oauth/judge.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether `name` differs from `wanted`, but equals it for a case-insensitive parser. U+017F and U+212A are the only
 * letters outside ASCII that fold to ASCII ones: to s and k. */
static bool is_lookalike(const char *name, const char *wanted)
{
	bool same = strcmp(name, wanted) == 0;

	for (; *name != '\0' && *wanted != '\0'; wanted++) {
		size_t used = strncmp(name, "\xc5\xbf", 2) == 0 && *wanted == 's' ? 2 :
			      strncmp(name, "\xe2\x84\xaa", 3) == 0 && *wanted == 'k' ? 3 :
			      tolower((unsigned char)*name) == *wanted ? 1 : 0;

		if (used == 0)
			return false;
		name += used;
	}
	return !same && *name == *wanted;
}

static const cJSON *at_path(const cJSON *object, const char *path)
{
	char name[64];

	while (object != NULL && *path != '\0') {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = cJSON_GetObjectItemCaseSensitive(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

static const char *token_path(const struct oauth_shape *shape)
{
	return shape->token != NULL ? shape->token : "access_token";
}

static int check_names(const cJSON *object, const char *party, struct error *error)
{
	static const char *const names[] = { "access_token", "instance_url", "id", "token_type" };

	for (const cJSON *member = object->child; member != NULL; member = member->next) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (is_lookalike(member->string, names[i]))
				return error_set(error, ERROR_ANSWER, "%s's answer has a \"%.64s\", which may be "
						 "taken for %s", party, member->string, names[i]);
		}
	}
	return 0;
}

/* RFC 6750 section 2.1 allows visible ASCII characters only; others could add lines to a header or a script. */
static int check_token(const char *token, const struct oauth_shape *shape, struct error *error)
{
	if (token == NULL || *token == '\0')
		return error_set(error, ERROR_ANSWER, "%s's answer has no %s", shape->party, token_path(shape));
	for (; *token != '\0'; token++) {
		if (*token <= ' ' || *token > '~')
			return error_set(error, ERROR_ANSWER, "%s's %s has a character that RFC 6750 does not allow",
					 shape->party, token_path(shape));
	}
	return 0;
}

/* RFC 9449 section 5: whoever uses such a token must prove that they have a certain key. */
static int check_type(const cJSON *json, const char *party, struct error *error)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "token_type"));

	if (type == NULL || strcasecmp(type, "DPoP") != 0)
		return 0;
	error_set(error, ERROR_ANSWER, "%s's access token is bound to a key (token_type DPoP), so it is no bearer",
		  party);
	error_hint(error, "%s", GRANT_NO_DPOP);
	return -ERROR_ANSWER;
}

bool grant_has_token(const cJSON *json, const struct oauth_shape *shape)
{
	const cJSON *token = at_path(json, token_path(shape));

	return token != NULL && !cJSON_IsNull(token);
}

void grant_guard(const cJSON *json, const struct oauth_shape *shape, struct redactor *redactor)
{
	const char *const paths[] = { "access_token", "refresh_token", "id_token", token_path(shape) };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *token = cJSON_GetStringValue(at_path(json, paths[i]));

		if (token != NULL)
			(void)redactor_add(redactor, token); /* a redactor that runs out of memory masks everything */
	}
}

int grant_copy_members(const cJSON *object, char *text, const char *const *without, struct secret *copy)
{
	char *rest = text + json_blanks(text) + 1, *value;
	int result = 0;

	for (const cJSON *member = object->child; member != NULL && result == 0; member = member->next) {
		const char *name = rest + json_blanks(rest);
		bool left_out = false;

		if (!json_member(&rest, &value))
			break;
		for (size_t i = 0; without[i] != NULL; i++)
			left_out = left_out || strcmp(member->string, without[i]) == 0;
		if (left_out)
			continue;
		if (secret_length(copy) > 1)
			result = secret_append(copy, ",", 1);
		if (result == 0)
			result = secret_append(copy, name, json_token(name));
		if (result == 0)
			result = secret_append(copy, ":", 1);
		if (result == 0)
			result = secret_append(copy, value, strlen(value));
	}
	return result;
}

/* Appends the token as a JSON string; it has visible ASCII characters only. */
static int append_token(struct secret *json, const char *token)
{
	int result = secret_append(json, "\"", 1);

	for (; *token != '\0' && result == 0; token++) {
		if (*token == '"' || *token == '\\')
			result = secret_append(json, "\\", 1);
		result |= secret_append(json, token, 1);
	}
	return result == 0 ? secret_append(json, "\"", 1) : result;
}

/* As RFC 6749 section 5.1 has it, then the server's other members. A lifetime of 0 seconds is not known. */
static int append_standard(struct secret *json, const cJSON *object, const char *text, const char *token, long lifetime)
{
	const char *const without[] = { "access_token", lifetime > 0 ? "expires_in" : NULL, NULL };
	const size_t length = strlen(text);
	struct secret *copy = secret_new(length);
	/* A secret can be changed in place where it can be extended. */
	char *room = copy != NULL && secret_append(copy, text, length) == 0 ? secret_extend(copy, 0) : NULL;
	struct secret *whole = secret_new(length + 64);
	int result = -1;

	if (room != NULL && whole != NULL) {
		room -= length;
		result = secret_printf(whole, "{\"access_token\":");
		result |= append_token(whole, token);
		if (lifetime > 0)
			result |= secret_printf(whole, ",\"expires_in\":%ld", lifetime);
		result |= grant_copy_members(object, room, without, whole);
		result |= secret_append(whole, "}", 1);
	}
	if (result == 0)
		result = json_line(json, secret_data(whole));
	secret_free(&copy);
	secret_free(&whole);
	return result;
}

/* Appends the answer as it is if its token and lifetime are where RFC 6749 puts them. */
static int append_answer(struct secret *json, const cJSON *object, const char *text, const char *token,
			 const struct oauth_shape *shape, const struct http_clock *clock)
{
	const cJSON *life = at_path(object, shape->lifetime != NULL ? shape->lifetime : "expires_in");
	bool standard = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(object, "expires_in"));
	long lifetime = lifetime_read(life, clock);

	if (strcmp(token_path(shape), "access_token") == 0 && (lifetime == 0 || standard))
		return json_line(json, text);
	return append_standard(json, object, text, token, lifetime);
}

int grant_take(const cJSON *json, const char *text, const struct oauth_shape *shape, struct oauth_answer *answer,
	       struct error *error)
{
	const char *token = cJSON_GetStringValue(at_path(json, token_path(shape)));
	const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "instance_url"));
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "id"));
	char what[ANSWER_NAME_SIZE];

	snprintf(what, sizeof(what), "%s's answer", shape->party);
	if (json_strict(text, json, ERROR_ANSWER, what, error) < 0 || check_token(token, shape, error) < 0 ||
	    check_names(json, shape->party, error) < 0 || check_type(json, shape->party, error) < 0)
		return error_result(error);
	if (answer->json == NULL)
		answer->json = secret_new(4096);
	if (answer->access_token == NULL)
		answer->access_token = secret_new(1024);
	answer->instance_url = url != NULL ? strdup(url) : NULL;
	answer->id = id != NULL ? strdup(id) : NULL;
	if (answer->json == NULL || answer->access_token == NULL || (url != NULL && answer->instance_url == NULL) ||
	    (id != NULL && answer->id == NULL) ||
	    append_answer(answer->json, json, text, token, shape, &answer->clock) < 0 ||
	    secret_append(answer->access_token, token, strlen(token)) < 0)
		return error_memory(error);
	return 0;
}
