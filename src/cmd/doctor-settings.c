/* SPDX-License-Identifier: Apache-2.0 */
/* Files, faults and values of the settings, in the form that the checks of the configuration take. */
#include "cmd/doctor.h"

#include <stdlib.h>
#include <string.h>

static int take_faults(const struct settings *settings, struct doctor_configuration *configuration,
		       struct error *error)
{
	static const enum doctor_fault_kind kinds[] = {
		[SETTINGS_FILE] = DOCTOR_FILE,
		[SETTINGS_KEY] = DOCTOR_KEY,
		[SETTINGS_PROFILE] = DOCTOR_PROFILE,
		[SETTINGS_VALUE] = DOCTOR_VALUE,
	};
	const struct settings_fault *fault;
	size_t count = 0;

	while (settings_fault(settings, count) != NULL)
		count++;
	configuration->faults = calloc(count + 1, sizeof(*configuration->faults));
	if (configuration->faults == NULL)
		return error_memory(error);
	for (size_t i = 0; (fault = settings_fault(settings, i)) != NULL; i++) {
		configuration->faults[i] = (struct doctor_fault){ kinds[fault->kind], fault->error };
		cmd_advise_url(fault->url, &configuration->faults[i].error);
	}
	configuration->fault_count = count;
	return 0;
}

static int take_files(const struct settings *settings, struct doctor_configuration *configuration, struct error *error)
{
	const struct settings_file *file;
	size_t count = 0;

	while (settings_file(settings, count) != NULL)
		count++;
	configuration->files = calloc(count + 1, sizeof(*configuration->files));
	if (configuration->files == NULL)
		return error_memory(error);
	for (size_t i = 0; (file = settings_file(settings, i)) != NULL; i++)
		configuration->files[i] = (struct doctor_file){ file->path, file->found, file->owner, file->mode };
	configuration->file_count = count;
	return 0;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* Whether doctor shows a setting that has its default: one of the key, the assertion, HTTP, the audit and the agent. */
static bool shows_default(enum setting_id id)
{
	return id >= SETTING_KEY && id <= SETTING_AGENT;
}

/* Options of doctor itself. */
static bool is_own(enum setting_id id)
{
	return id == SETTING_HELP || id == SETTING_VERBOSE || id == SETTING_JSON || id == SETTING_APP ||
	       (id >= SETTING_LOGIN && id <= SETTING_STRICT);
}

/* The origin without the key. */
static void set_source(struct doctor_value *value)
{
	const char *key = NULL;

	if (strncmp(value->origin, "option ", strlen("option ")) == 0) {
		snprintf(value->source, sizeof(value->source), "options");
	} else if (strncmp(value->origin, "environment ", strlen("environment ")) == 0) {
		snprintf(value->source, sizeof(value->source), "environment");
	} else {
		for (const char *next = value->origin; (next = strstr(next, ", key ")) != NULL; next++)
			key = next;
		snprintf(value->source, sizeof(value->source), "%.*s",
			 key != NULL ? (int)(key - value->origin) : 0, value->origin);
	}
}

/* Returns false if the setting has no such value. */
static bool take_value(const struct settings *settings, enum setting_id id, size_t index, struct doctor_value *value)
{
	bool set = index < settings_pairs(settings, id);

	if (is_own(id) || (!set && (index > 0 || settings_text(settings, id) == NULL || !shows_default(id))))
		return false;
	*value = (struct doctor_value){ .secret = false };
	value->secret = settings_show(settings, id, index, value->text, sizeof(value->text));
	snprintf(value->origin, sizeof(value->origin), "%s",
		 set ? settings_pair_origin(settings, id, index) : "default");
	if (set)
		set_source(value);
	if (set && settings_pair(settings, id, index).name != NULL)
		snprintf(value->name, sizeof(value->name), "%s.%s", settings_name(id),
			 settings_pair(settings, id, index).name);
	else
		snprintf(value->name, sizeof(value->name), "%s", settings_name(id));
	return true;
}

static int compare_sources(const void *one, const void *other)
{
	const struct doctor_value *a = one, *b = other;
	int order = strcmp(a->source, b->source);

	return order != 0 ? order : strcmp(a->name, b->name);
}

static int take_values(const struct settings *settings, struct doctor_configuration *configuration, struct error *error)
{
	size_t most = 0;

	for (int id = 1; id < SETTING_COUNT; id++)
		most += settings_pairs(settings, (enum setting_id)id) + 1;
	configuration->values = calloc(most, sizeof(*configuration->values));
	if (configuration->values == NULL)
		return error_memory(error);
	for (int id = 1; id < SETTING_COUNT; id++) {
		size_t index = 0;

		while (take_value(settings, (enum setting_id)id, index,
				  &configuration->values[configuration->value_count])) {
			configuration->value_count++;
			index++;
		}
	}
	qsort(configuration->values, configuration->value_count, sizeof(*configuration->values), compare_sources);
	return 0;
}

int doctor_fill_configuration(const struct settings *settings, struct doctor_configuration *configuration,
			      struct error *error)
{
	*configuration = (struct doctor_configuration){
		.profile = settings_text(settings, SETTING_PROFILE),
		.profile_origin = settings_origin(settings, SETTING_PROFILE),
	};
	if (take_files(settings, configuration, error) < 0 || take_faults(settings, configuration, error) < 0)
		return error_result(error);
	return take_values(settings, configuration, error);
}

void doctor_clear_configuration(struct doctor_configuration *configuration)
{
	free(configuration->files);
	free(configuration->faults);
	free(configuration->values);
}
