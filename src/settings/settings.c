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
	servers_free(&old->servers);
	value_clear(&old->refused);
	faults_free(old);
	free(old);
	*settings = NULL;
}

/* The existing slot of the value, or a new, empty one; NULL if memory is exhausted. One layer can give a field several
 * times. It replaces one field at most: only options and the environment, which are read first, have a name twice. */
static struct value *value_slot(struct values *values, const char *name, bool is_form, enum layer layer)
{
	struct value *list;

	for (size_t i = 0; i < values->count; i++) {
		if (name == NULL || (strcmp(values->list[i].name, name) == 0 &&
				     !(is_form && values->list[i].layer == layer)))
			return &values->list[i];
	}
	list = realloc(values->list, (values->count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	values->list = list;
	memset(&list[values->count], 0, sizeof(*list));
	return &list[values->count++];
}

static void value_copy_text(struct value *value, const char *text, bool secret)
{
	size_t size = strlen(text) + 1;

	if (!secret && settings_find_pin((char *)text) == NULL) {
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
	value_copy_text(&fresh, text, setting->is_form && settings_is_secret(name));
	fresh.origin = strdup(origin);
	if (fresh.text != NULL)
		result = value_parse(setting, fresh.text, origin, layer, &number, &url, error);
	fresh.url = url;
	if (result < 0) {
		if (url.text != NULL && settings->refused.text == NULL)
			settings->refused = fresh;
		else
			value_clear(&fresh);
		return error_result(error);
	}
	if (fresh.text != NULL && fresh.origin != NULL && (name == NULL || fresh.name != NULL))
		slot = value_slot(&settings->values[setting->id], name, setting->is_form, layer);
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
	enum error_class class = layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG;
	const char *equals = strchr(text, '=');
	char *name;
	int result;

	if (setting->is_form && (equals == NULL || equals == text)) /* it may be a secret, or the rest of one */
		return error_set(error, class, "%s: a field is not of the form %s", origin, setting->argument);
	if (setting->is_form && (text[0] == ' ' || equals[-1] == ' '))
		return error_set(error, class, "%s: a field's name begins or ends with a blank", origin);
	if (equals == NULL || equals == text)
		return error_set(error, class, "%s: \"%s\" is not of the form %s", origin, text, setting->argument);
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
