/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile sends in the lines for its worker, and what the worker must be started with. */
#include "cmd/cmd-agent.h"

#include "base/secret.h"
#include "bearer/bearer.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What a line carries, unless the profile is fixed: texts and pairs. */
static const enum setting_id in_lines[] = {
	SETTING_USERNAME, SETTING_CLIENT_ID, SETTING_INSTANCE_URL, SETTING_AUDIENCE, SETTING_LIFETIME, SETTING_JTI,
	SETTING_CLAIM, SETTING_HEADER,
};
enum { IN_LINES = sizeof(in_lines) / sizeof(in_lines[0]) };

bool cmd_agent_computes(const struct settings *settings)
{
	for (size_t i = 0; i < IN_LINES; i++) {
		for (size_t j = 0; j < settings_pairs(settings, in_lines[i]); j++) {
			if (settings_pair(settings, in_lines[i], j).value[0] == '@')
				return true;
		}
	}
	return false;
}

/* The members of the object, without its braces; NULL if memory is out. */
static char *members(const cJSON *object)
{
	char *text = object != NULL ? cJSON_PrintUnformatted(object) : NULL;
	size_t length = text != NULL ? strlen(text) : 0;
	char *copy = length >= 2 ? strndup(text + 1, length - 2) : NULL;

	cJSON_free(text);
	return copy;
}

/* Adds the pairs of a repeatable setting to the object, as JSON. A computed value is only what it is written as. */
static int add_pairs(cJSON *object, const struct settings *settings, enum setting_id id, enum jwt_part part,
		     struct error *error)
{
	for (size_t i = 0; i < settings_pairs(settings, id); i++) {
		const struct settings_pair pair = settings_pair(settings, id, i);
		struct jwt_extra extra = { .name = NULL };
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

/* Whether a worker is started with the setting. Every line carries some, and the agent uses others alone. */
static bool is_for_worker(const struct settings *settings, bool fixed, enum setting_id id)
{
	for (size_t i = 0; i < IN_LINES && !fixed; i++) {
		if (id == in_lines[i])
			return false;
	}
	return settings_origin(settings, id) != NULL && id != SETTING_PROFILE && id != SETTING_CONFIG &&
	       (id < SETTING_AGENT || id > SETTING_CONNECTIONS);
}

/* Prints a value, or that of a pair (`pair` not NULL). Returns false if memory is exhausted. */
static bool print_value(FILE *stream, const char *name, const char *pair, const char *value)
{
	char *quoted = settings_quoted(value);
	bool printed = quoted != NULL && fprintf(stream, "%s%s%s = %s\n", name, pair != NULL ? "." : "",
						 pair != NULL ? pair : "", quoted) >= 0;

	wipe_free(quoted);
	return printed;
}

static bool print_setting(FILE *stream, const struct settings *settings, enum setting_id id)
{
	bool printed = true;

	for (size_t i = 0; i < settings_pairs(settings, id) && printed; i++) {
		const struct settings_pair pair = settings_pair(settings, id, i);

		printed = print_value(stream, settings_name(id), pair.name, pair.value);
	}
	return printed;
}

/* The sections that define servers. A worker reads those that it needs, and checks the others. */
static bool print_servers(FILE *stream, const struct settings *settings)
{
	const struct settings_server *server;
	bool printed = true;

	for (size_t i = 0; (server = settings_server(settings, i)) != NULL && printed; i++) {
		printed = fprintf(stream, "[server %s]\n", server->name) >= 0;
		for (size_t j = 0; j < server->count && printed; j++)
			printed = print_value(stream, server->entries[j].key, NULL, server->entries[j].value);
	}
	return printed;
}

/* Whether the setting says which key proves who the client is: no bearer depends on that. */
static bool is_of_keys(enum setting_id id)
{
	return id == SETTING_KEY || id == SETTING_CERTIFICATE || id == SETTING_NEXT_KEY ||
	       id == SETTING_NEXT_CERTIFICATE || id == SETTING_WARN_DAYS;
}

/* The worker's settings, all or `without_keys`, as lines of a configuration file; NULL if memory is out. The caller
 * wipes and frees the text: it may have the password of a proxy. */
static char *print_settings(const struct settings *settings, bool fixed, bool without_keys, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);
	bool complete = true;

	if (stream == NULL)
		return NULL;
	for (int id = 1; id < SETTING_COUNT && complete; id++) {
		if (is_for_worker(settings, fixed, (enum setting_id)id) &&
		    !(without_keys && is_of_keys((enum setting_id)id)))
			complete = print_setting(stream, settings, (enum setting_id)id);
	}
	complete = complete && print_servers(stream, settings);
	if (fclose(stream) == 0 && complete)
		return text;
	wipe_free(text);
	return NULL;
}

/* Opens a file in memory that nobody can change: the section, and the text. Its number is above those of standard
 * streams and of a worker's descriptors. */
static int open_file(const char *name, const char *text, int *file, struct error *error)
{
	enum { LOWEST = 16 };
	int made = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char *section = settings_section_name(name);
	bool complete = made >= 0 && section != NULL && fchmod(made, S_IRUSR) == 0 &&
			dprintf(made, "[%s]\n%s", section, text) >= 0 &&
			fcntl(made, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;

	*file = complete ? fcntl(made, F_DUPFD_CLOEXEC, LOWEST) : -1;
	if (*file < 0)
		error_set(error, ERROR_UNEXPECTED, "cannot keep the settings of profile %s: %s", name, strerror(errno));
	free(section);
	if (made >= 0)
		close(made);
	return *file >= 0 ? 0 : error_result(error);
}

/* Sets the profile's worker and settings. */
static int take_worker(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	size_t size = 0;
	char *text = print_settings(settings, profile->fixed, false, &size);
	int result;

	if (text == NULL)
		return error_memory(error);
	profile->worker = digest(text);
	result = profile->worker != NULL ? open_file(profile->name, text, &profile->settings, error) :
					   error_memory(error);
	OPENSSL_cleanse(text, size);
	free(text);
	return result;
}

static int take_fingerprint(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	size_t size = 0;
	char *worker = print_settings(settings, profile->fixed, true, &size), *text = NULL;

	if (worker != NULL && asprintf(&text, "%s\n%s\n%s\n%d\n%s\n%ld", worker,
				       profile->shape, profile->claims, profile->jti,
				       profile->username != NULL ? profile->username : "",
				       profile->bearer_seconds) < 0)
		text = NULL;
	if (text != NULL) {
		profile->fingerprint = digest(text);
		OPENSSL_cleanse(text, strlen(text));
	}
	if (worker != NULL)
		OPENSSL_cleanse(worker, size);
	free(text);
	free(worker);
	return profile->fingerprint != NULL ? 0 : error_memory(error);
}

int cmd_agent_shape(const struct settings *settings, struct agent_profile *profile, struct error *error)
{
	/* Mistakes in claims and header fields show here, even if no line carries them. */
	if (take_shape(settings, &profile->shape, error) < 0 || take_claims(settings, profile, error) < 0 ||
	    take_worker(settings, profile, error) < 0)
		return error_result(error);
	return take_fingerprint(settings, profile, error);
}
