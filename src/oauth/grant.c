/* SPDX-License-Identifier: Apache-2.0 */
/* The bearer in a successful response of the token endpoint (RFC 6749 section 5.1). */
#include "oauth/judge.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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

static int check_names(const cJSON *object, struct error *error)
{
	static const char *const names[] = { "access_token", "instance_url", "id", "token_type" };

	for (const cJSON *member = object->child; member != NULL; member = member->next) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (is_lookalike(member->string, names[i]))
				return error_set(error, ERROR_ANSWER, "the org's answer has a \"%.64s\", which may be "
						 "taken for %s", member->string, names[i]);
		}
	}
	return 0;
}

/* RFC 6750 section 2.1 allows visible ASCII characters only; others could add lines to a header or a script. */
static int check_token(const char *token, struct error *error)
{
	if (token == NULL || *token == '\0')
		return error_set(error, ERROR_ANSWER, "the org's answer has no access_token");
	for (; *token != '\0'; token++) {
		if (*token <= ' ' || *token > '~')
			return error_set(error, ERROR_ANSWER, "the org's access_token has a character that RFC 6750 "
					 "does not allow");
	}
	return 0;
}

void grant_guard(const cJSON *json, struct redactor *redactor)
{
	static const char *const names[] = { "access_token", "refresh_token", "id_token" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, names[i]));

		if (token != NULL)
			(void)redactor_add(redactor, token); /* a redactor that runs out of memory masks everything */
	}
}

int grant_take(const cJSON *json, const char *text, struct oauth_answer *answer, struct error *error)
{
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "access_token"));
	const char *url = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "instance_url"));
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "id"));

	if (json_strict(text, json, ERROR_ANSWER, "the org's answer", error) < 0 || check_token(token, error) < 0 ||
	    check_names(json, error) < 0)
		return error_result(error);
	if (answer->json == NULL)
		answer->json = secret_new(4096);
	if (answer->access_token == NULL)
		answer->access_token = secret_new(1024);
	answer->instance_url = url != NULL ? strdup(url) : NULL;
	answer->id = id != NULL ? strdup(id) : NULL;
	if (answer->json == NULL || answer->access_token == NULL || (url != NULL && answer->instance_url == NULL) ||
	    (id != NULL && answer->id == NULL) ||
	    json_line(answer->json, text) < 0 ||
	    secret_append(answer->access_token, token, strlen(token)) < 0)
		return error_memory(error);
	return 0;
}
