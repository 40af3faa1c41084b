/* SPDX-License-Identifier: Apache-2.0 */
/* Reports missing settings and profiles, and the origin of a wrong value. */
#include "settings/table.h"

#include <stdlib.h>
#include <string.h>

enum { PROFILES_SHOWN = 6 };

/* --- profiles that were not chosen ------------------------------------------------------------------------------- */

int profile_note(struct settings *settings, const char *name, const struct setting *setting, struct error *error)
{
	struct profiles *profiles = &settings->profiles;
	struct profile *list;
	size_t i = 0;

	while (i < profiles->count && strcmp(profiles->list[i].name, name) != 0)
		i++;
	if (i == profiles->count) {
		list = realloc(profiles->list, (i + 1) * sizeof(*list));
		if (list == NULL)
			return error_memory(error);
		profiles->list = list;
		list[i] = (struct profile){ .name = strdup(name) };
		if (list[i].name == NULL)
			return error_memory(error);
		profiles->count++;
	}
	if (setting != NULL)
		profiles->list[i].sets[setting->id] = true;
	return 0;
}

const char *settings_profile(const struct settings *settings, size_t index)
{
	return index < settings->profiles.count ? settings->profiles.list[index].name : NULL;
}

void profiles_free(struct profiles *profiles)
{
	for (size_t i = 0; i < profiles->count; i++)
		free(profiles->list[i].name);
	free(profiles->list);
}

int profile_missing(const struct settings *settings, const char *name, struct error *error)
{
	const struct profiles *profiles = &settings->profiles;
	char names[512] = "";
	size_t used = 0;

	error_set(error, ERROR_CONFIG, "%s: no configuration file has a section [%s]",
		  settings_origin(settings, SETTING_PROFILE), name);
	for (size_t i = 0; i < profiles->count && i < PROFILES_SHOWN && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "",
					 profiles->list[i].name);
	if (profiles->count > 0)
		error_hint(error, "choose one of these profiles: %s%s", names,
			   profiles->count > PROFILES_SHOWN ? ", …" : "");
	else
		error_hint(error, "the files have no profiles; see p11bearer.conf(5) for how to write one");
	return -ERROR_CONFIG;
}

/* --- missing settings -------------------------------------------------------------------------------------------- */

static bool has_pair(const struct settings *settings, enum setting_id id, const char *name)
{
	size_t i = 0;

	while (i < settings_pairs(settings, id) && strcmp(settings_pair(settings, id, i).name, name) != 0)
		i++;
	return i < settings_pairs(settings, id);
}

static bool is_missing(const struct settings *settings, const struct settings_needed *needed)
{
	if (needed->pair != NULL)
		return !has_pair(settings, needed->id, needed->pair);
	if (settings_text(settings, needed->id) != NULL)
		return false;
	for (const enum setting_id *instead = needed->instead; *instead != SETTING_NONE; instead++) {
		if (settings_text(settings, *instead) == NULL)
			return true;
	}
	return needed->instead[0] == SETTING_NONE;
}

/* Names the profiles that set a missing setting. Returns false if no profile does. */
static bool name_profiles(const struct settings *settings, const struct settings_needed *needed, char *text,
			  size_t size)
{
	size_t shown = 0, used = 0;

	for (size_t i = 0; i < settings->profiles.count; i++) {
		const struct profile *profile = &settings->profiles.list[i];
		bool helps = false;

		for (size_t j = 0; needed[j].id != SETTING_NONE; j++)
			helps |= is_missing(settings, &needed[j]) && profile->sets[needed[j].id];
		if (!helps || ++shown > PROFILES_SHOWN || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", shown > 1 ? ", " : "", profile->name);
	}
	if (shown > PROFILES_SHOWN && used < size)
		snprintf(text + used, size - used, ", …");
	return shown > 0;
}

/* A single setting is named in a sentence, several are in a list. */
static void name_setting(const struct settings_needed *needed, bool alone, struct error *error)
{
	const struct setting *setting = &settings_table[needed->id];
	const enum setting_id *instead = needed->instead;
	const char *blank = needed->pair != NULL ? " " : "", *pair = needed->pair != NULL ? needed->pair : "";

	if (alone)
		error_set(error, ERROR_USAGE, "--%s%s%s is not set", setting->name, blank, pair);
	else
		error_append(error, "\n  --%s%s%s", setting->name, blank, pair);
	if (instead[0] != SETTING_NONE && instead[1] == SETTING_NONE)
		error_append(error, "%s --%s", alone ? ", nor is" : " or", settings_table[instead[0]].name);
	error_append(error, alone ? " (%s)" : ": %s", setting->help);
}

static void hint(const struct settings *settings, const struct settings_needed *needed, bool alone, struct error *error)
{
	const char *what = alone ? "it as an option" : "them as options";
	bool key = false, in_files = true, server = settings_origin(settings, SETTING_SERVER) != NULL;
	char profiles[512], choose[600] = "", shown[160] = "";

	if (name_profiles(settings, needed, profiles, sizeof(profiles)))
		snprintf(choose, sizeof(choose), "choose a profile with --profile (%s), or ", profiles);
	if (server)
		snprintf(shown, sizeof(shown), "; \"p11bearer servers %.80s\" shows what the server needs",
			 settings_text(settings, SETTING_SERVER));
	for (; needed->id != SETTING_NONE; needed++) {
		key |= needed->id == SETTING_KEY && is_missing(settings, needed);
		in_files &= setting_is_key(&settings_table[needed->id]) || !is_missing(settings, needed);
	}
	error_hint(error, "%sgive %s%s%s%s", choose, what,
		   in_files ? ", in the environment or in a configuration file (see p11bearer.conf(5))" : "",
		   key ? "; list keys and their URIs with \"p11bearer keys\"" : "", shown);
}

int settings_require(const struct settings *settings, const struct settings_needed *needed, struct error *error)
{
	size_t missing = 0;

	for (size_t i = 0; needed[i].id != SETTING_NONE; i++)
		missing += is_missing(settings, &needed[i]) ? 1 : 0;
	if (missing == 0)
		return 0;
	error_set(error, ERROR_USAGE, "these settings are missing:");
	for (size_t i = 0; needed[i].id != SETTING_NONE; i++) {
		if (is_missing(settings, &needed[i]))
			name_setting(&needed[i], missing == 1, error);
	}
	hint(settings, needed, missing == 1, error);
	return -ERROR_USAGE;
}

/* --- wrong values ------------------------------------------------------------------------------------------------ */

static void blame(const struct value *value, struct error *error)
{
	struct error old = *error;

	if (old.class == ERROR_UNEXPECTED)
		return; /* the value did not cause it */
	error_set(error, value->layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG, "%s: %s", value->origin, old.text);
	if (old.hint[0] != '\0')
		error_hint(error, "%s", old.hint);
}

void settings_blame(const struct settings *settings, enum setting_id id, struct error *error)
{
	if (settings->values[id].count > 0)
		blame(&settings->values[id].list[0], error);
}

void settings_blame_pair(const struct settings *settings, enum setting_id id, size_t index, struct error *error)
{
	blame(&settings->values[id].list[index], error);
}
