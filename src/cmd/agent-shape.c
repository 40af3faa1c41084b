/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile sends in the lines for its worker, and what the worker must be started with. */
#include "cmd/cmd-agent.h"

#include "bearer/bearer.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The SHA-256 of the text, in hexadecimal: settings may hold the password of a proxy, which the agent need not keep. */
static char *digest(const char *text)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *hex;

	if (EVP_Digest(text, strlen(text), hash, &length, EVP_sha256(), NULL) <= 0)
		return NULL;
	hex = malloc(2 * (size_t)length + 1);
	for (size_t i = 0; hex != NULL && i < length; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return hex;
}

/* --- the lines --------------------------------------------------------------------------------------------------- */

/* The members of the object, without its braces; NULL if memory is out. */
static char *members(const cJSON *object)
{
	char *text = object != NULL ? cJSON_PrintUnformatted(object) : NULL;
	size_t length = text != NULL ? strlen(text) : 0;
	char *copy = length >= 2 ? strndup(text + 1, length - 2) : NULL;

	cJSON_free(text);
	return copy;
}

/* Adds the pairs of a repeatable setting to the object, as JSON. */
static int add_pairs(cJSON *object, const struct settings *settings, enum setting_id id, enum jwt_part part,
		     struct error *error)
{
	for (size_t i = 0; i < settings_pairs(settings, id); i++) {
		const struct settings_pair pair = settings_pair(settings, id, i);
		struct jwt_extra extra = { NULL, NULL };
		const cJSON *added;

		if (jwt_extra_parse(&extra, part, pair.name, pair.value, error) < 0) {
			settings_blame_pair(settings, id, i, error);
			return error_result(error);
		}
		added = cJSON_AddRawToObject(object, pair.name, extra.json);
		free((char *)extra.json);
		if (added == NULL)
			return error_memory(error);
	}
	return 0;
}

static int take_shape(const struct settings *settings, char **shape, struct error *error)
{
	static const enum setting_id texts[] = { SETTING_CLIENT_ID, SETTING_INSTANCE_URL, SETTING_AUDIENCE };
	cJSON *object = cJSON_CreateObject();
	bool complete = object != NULL;
	int result = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && complete; i++) {
		const char *text = settings_text(settings, texts[i]);

		complete = text == NULL || cJSON_AddStringToObject(object, settings_name(texts[i]), text) != NULL;
	}
	if (complete && settings_origin(settings, SETTING_LIFETIME) != NULL)
		complete = cJSON_AddNumberToObject(object, settings_name(SETTING_LIFETIME),
						   (double)settings_number(settings, SETTING_LIFETIME)) != NULL;
	if (complete && settings_pairs(settings, SETTING_HEADER) > 0) {
		cJSON *header = cJSON_AddObjectToObject(object, settings_name(SETTING_HEADER));

		complete = header != NULL;
		if (complete)
			result = add_pairs(header, settings, SETTING_HEADER, JWT_HEADER, error);
	}
	*shape = complete && result == 0 ? members(object) : NULL;
	cJSON_Delete(object);
	return *shape == NULL && result == 0 ? error_memory(error) : result;
}

static int take_claims(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	cJSON *object = cJSON_CreateObject();
	int result = object == NULL ? error_memory(error) : 0;

	if (result == 0)
		result = add_pairs(object, settings, SETTING_CLAIM, profile->jti ? JWT_CLAIM_NOT_JTI : JWT_CLAIM,
				   error);
	profile->claims = result == 0 ? members(object) : NULL;
	cJSON_Delete(object);
	return profile->claims == NULL && result == 0 ? error_memory(error) : result;
}

/* --- the worker -------------------------------------------------------------------------------------------------- */

/* Settings of which every line carries the value: only whether they are set matters, because a line cannot unset what
 * its worker was started with. */
static bool is_carried(enum setting_id id)
{
	return id == SETTING_CLIENT_ID || id == SETTING_INSTANCE_URL || id == SETTING_AUDIENCE ||
	       id == SETTING_LIFETIME || id == SETTING_CLAIM || id == SETTING_HEADER;
}

/* Settings that do not matter to a worker: every line has its own, or the agent uses them alone. */
static bool is_foreign(enum setting_id id)
{
	return id == SETTING_PROFILE || id == SETTING_CONFIG || id == SETTING_USERNAME || id == SETTING_JTI ||
	       (id >= SETTING_AGENT && id <= SETTING_CONNECTIONS);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Writes the names of the pairs, in a fixed order. */
static int print_names(FILE *stream, const struct settings *settings, enum setting_id id)
{
	size_t count = settings_pairs(settings, id);
	const char **names = calloc(count + 1, sizeof(*names));

	if (names == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		names[i] = settings_pair(settings, id, i).name;
	qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "%s.%s\n", settings_name(id), names[i]);
	free(names);
	return 0;
}

/* One line for each setting; no value contains a line end. */
static int take_worker(const struct settings *settings, char **worker, struct error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	bool complete = stream != NULL;

	for (int n = 1; n < SETTING_COUNT && complete; n++) {
		enum setting_id id = (enum setting_id)n;

		if (is_foreign(id) || settings_origin(settings, id) == NULL)
			continue;
		if (id == SETTING_CLAIM || id == SETTING_HEADER)
			complete = print_names(stream, settings, id) == 0;
		else
			fprintf(stream, "%s=%s\n", settings_name(id),
				is_carried(id) ? "" : settings_text(settings, id));
	}
	complete = stream != NULL && fclose(stream) == 0 && complete;
	*worker = complete ? digest(text) : NULL;
	if (text != NULL)
		OPENSSL_cleanse(text, size);
	free(text);
	return *worker != NULL ? 0 : error_memory(error);
}

int cmd_agent_shape(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	char *text;
	int length;

	if (take_shape(settings, &profile->shape, error) < 0 || take_claims(settings, profile, error) < 0 ||
	    take_worker(settings, &profile->worker, error) < 0)
		return error_result(error);
	length = asprintf(&text, "%s\n%s\n%s\n%d\n%s\n%ld", profile->worker, profile->shape, profile->claims,
			  profile->jti, profile->username != NULL ? profile->username : "", profile->bearer_seconds);
	if (length < 0)
		return error_memory(error);
	profile->fingerprint = digest(text);
	free(text);
	return profile->fingerprint != NULL ? 0 : error_memory(error);
}
