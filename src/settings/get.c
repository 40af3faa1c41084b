/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the values of one run. */
#include "settings/table.h"

#include <stdio.h>
#include <string.h>

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
	struct url ignored;

	snprintf(origin, sizeof(origin), "\"%s\"", settings_name(id));
	return value_parse(&settings_table[id], text, origin, LAYER_NONE, number, url != NULL ? url : &ignored, error);
}

static int parse_url(enum setting_id id, const char *text, const char *origin, enum layer layer, struct url *url,
		     struct error *error)
{
	struct setting setting = settings_table[id];
	long number;

	setting.type = TYPE_URL;
	return value_parse(&setting, text, origin, layer, &number, url, error);
}

int settings_parse_url(enum setting_id id, const char *text, struct url *url, struct error *error)
{
	char origin[64];

	snprintf(origin, sizeof(origin), "\"%s\"", settings_name(id));
	return parse_url(id, text, origin, LAYER_NONE, url, error);
}

int settings_take_url(const struct settings *settings, enum setting_id id, struct url *url, struct error *error)
{
	const struct values *values = &settings->values[id];

	*url = (struct url){ .text = NULL };
	if (values->count == 0)
		return 0;
	return parse_url(id, values->list[0].text, values->list[0].origin, values->list[0].layer, url, error);
}
