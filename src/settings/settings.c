/* SPDX-License-Identifier: Apache-2.0 */
/* Stores the values of one run. */
#include "settings/table.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void value_clear(struct value *value)
{
	if (value->locked.data != NULL) {
		locked_free(&value->locked);
	} else {
		if (value->text != NULL)
			OPENSSL_cleanse(value->text, strlen(value->text));
		free(value->text);
	}
	free(value->name);
	free(value->origin);
}

void settings_free(struct settings **settings)
{
	struct settings *old = *settings;

	if (old == NULL)
		return;
	for (int id = 0; id < SETTING_COUNT; id++) {
		for (size_t i = 0; i < old->values[id].count; i++)
			value_clear(&old->values[id].list[i]);
		free(old->values[id].list);
	}
	for (int i = 0; i < old->operand_count; i++) {
		OPENSSL_cleanse(old->operands[i], strlen(old->operands[i]));
		free(old->operands[i]);
	}
	free(old->operands);
	profiles_free(&old->profiles);
	value_clear(&old->refused);
	faults_free(old);
	free(old);
	*settings = NULL;
}

/* The existing slot of the value, or a new, empty one; NULL if memory is exhausted. */
static struct value *value_slot(struct values *values, const char *name)
{
	struct value *list;

	for (size_t i = 0; i < values->count; i++) {
		if (name == NULL || strcmp(values->list[i].name, name) == 0)
			return &values->list[i];
	}
	list = realloc(values->list, (values->count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	values->list = list;
	memset(&list[values->count], 0, sizeof(*list));
	return &list[values->count++];
}

static void value_copy_text(struct value *value, const char *text)
{
	size_t size = strlen(text) + 1;

	if (settings_find_pin((char *)text) == NULL) {
		value->text = strdup(text);
		return;
	}
	if (locked_new(&value->locked, size) == 0)
		memcpy(value->locked.data, text, size);
	value->text = value->locked.data;
}

int settings_set(struct settings *settings, const struct setting *setting, const char *name, const char *text,
		 enum layer layer, const char *origin, struct error *error)
{
	struct value fresh = { .layer = layer };
	const char *fault = name != NULL ? text_fault(name) : NULL;
	struct value *slot = NULL;
	struct url url = { .text = NULL };
	long number = 0, old_number = settings->numbers[setting->id];
	int result = 0;

	if (fault != NULL)
		return error_set(error, layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG, "%s: the name %s", origin,
				 fault);
	fresh.name = name != NULL ? strdup(name) : NULL;
	value_copy_text(&fresh, text);
	fresh.origin = strdup(origin);
	if (fresh.text != NULL)
		result = value_parse(setting, fresh.text, origin, layer, &number, &url, error);
	fresh.url = url;
	if (result < 0) {
		if (setting->type == TYPE_URL && settings->refused.text == NULL)
			settings->refused = fresh;
		else
			value_clear(&fresh);
		return error_result(error);
	}
	if (fresh.text != NULL && fresh.origin != NULL && (name == NULL || fresh.name != NULL))
		slot = value_slot(&settings->values[setting->id], name);
	if (slot == NULL) {
		value_clear(&fresh);
		return error_memory(error);
	}
	settings->values[setting->id].layers |= 1U << layer;
	if (setting->only_tightens && slot->layer != LAYER_NONE)
		result = slot->layer > layer ? value_follow(setting, &fresh, number, slot, old_number, error) :
					       value_follow(setting, slot, old_number, &fresh, number, error);
	if (result < 0 || slot->layer > layer) {
		value_clear(&fresh);
		return result;
	}
	value_clear(slot);
	*slot = fresh;
	settings->numbers[setting->id] = number;
	return 0;
}

int settings_set_pair(struct settings *settings, const struct setting *setting, const char *text, enum layer layer,
		      const char *origin, struct error *error)
{
	const char *equals = strchr(text, '=');
	char *name;
	int result;

	if (equals == NULL || equals == text)
		return error_set(error, layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG,
				 "%s: \"%s\" is not of the form NAME=JSON", origin, text);
	name = strndup(text, (size_t)(equals - text));
	if (name == NULL)
		return error_memory(error);
	result = settings_set(settings, setting, name, equals + 1, layer, origin, error);
	free(name);
	return result;
}

int settings_add_operand(struct settings *settings, const char *text, struct error *error)
{
	size_t count = (size_t)settings->operand_count;
	char **operands = realloc(settings->operands, (count + 1) * sizeof(*operands));

	if (operands == NULL)
		return error_memory(error);
	settings->operands = operands;
	operands[count] = strdup(text);
	if (operands[count] == NULL)
		return error_memory(error);
	settings->operand_count++;
	return 0;
}

int settings_load(struct settings **settings, const struct settings_usage *usage, int argc, char **argv,
		  struct error *error)
{
	int result;

	*settings = calloc(1, sizeof(**settings));
	if (*settings == NULL)
		return error_memory(error);
	(*settings)->usage = usage;
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];

		if (setting->fallback != NULL && value_parse(setting, setting->fallback, setting->name, LAYER_NONE,
							     &(*settings)->numbers[id], NULL, error) < 0)
			return error_result(error);
	}
	result = options_read(*settings, usage, argc, argv, error);
	if (result < 0 || settings_flag(*settings, SETTING_HELP))
		return result;
	/* The environment can name the file and the profile. */
	result = environment_read(*settings, error);
	if (result < 0)
		return result;
	return files_read(*settings, error);
}

const char *settings_command(const struct settings *settings)
{
	return settings->usage->command;
}

const char *settings_text(const struct settings *settings, enum setting_id id)
{
	const struct values *values = &settings->values[id];

	return values->count > 0 ? values->list[0].text : settings_table[id].fallback;
}

long settings_number(const struct settings *settings, enum setting_id id)
{
	return settings->numbers[id];
}

struct url settings_url(const struct settings *settings, enum setting_id id)
{
	const struct values *values = &settings->values[id];

	return values->count > 0 ? values->list[0].url : (struct url){ .text = NULL };
}

const struct url *settings_refused_url(const struct settings *settings)
{
	return settings != NULL && settings->refused.text != NULL ? &settings->refused.url : NULL;
}

const char *settings_origin(const struct settings *settings, enum setting_id id)
{
	return settings->values[id].count > 0 ? settings->values[id].list[0].origin : NULL;
}

bool settings_is_option(const struct settings *settings, enum setting_id id)
{
	return settings->values[id].count > 0 && settings->values[id].list[0].layer == LAYER_OPTION;
}

bool settings_flag(const struct settings *settings, enum setting_id id)
{
	return settings->numbers[id] != 0;
}

bool settings_is_environment(const struct settings *settings, enum setting_id id)
{
	for (size_t i = 0; i < settings->values[id].count; i++) {
		if (settings->values[id].list[i].layer == LAYER_ENVIRONMENT)
			return true;
	}
	return false;
}

bool settings_is_of_profile(const struct settings *settings, enum setting_id id)
{
	const struct values *values = &settings->values[id];

	return values->count > 0 &&
	       (values->list[0].layer == LAYER_SYSTEM_PROFILE || values->list[0].layer == LAYER_USER_PROFILE);
}

size_t settings_pairs(const struct settings *settings, enum setting_id id)
{
	return settings->values[id].count;
}

struct settings_pair settings_pair(const struct settings *settings, enum setting_id id, size_t index)
{
	const struct value *value = &settings->values[id].list[index];

	return (struct settings_pair){ value->name, value->text };
}

const char *settings_operand(const struct settings *settings, int index)
{
	return index < settings->operand_count ? settings->operands[index] : NULL;
}

enum setting_id settings_find(const char *name)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		if (strcmp(settings_table[id].name, name) == 0)
			return (enum setting_id)id;
	}
	return SETTING_NONE;
}

const char *settings_name(enum setting_id id)
{
	return settings_table[id].name;
}

int settings_parse(enum setting_id id, const char *text, long *number, struct url *url, struct error *error)
{
	char origin[64];

	snprintf(origin, sizeof(origin), "\"%s\"", settings_name(id));
	return value_parse(&settings_table[id], text, origin, LAYER_NONE, number, url, error);
}
