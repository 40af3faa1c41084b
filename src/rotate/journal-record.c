/* SPDX-License-Identifier: Apache-2.0 */
#include "rotate/journal-record.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

static const char *const step_names[ROTATE_STEPS] = {
	[ROTATE_PROVE_OLD] = "prove-old", [ROTATE_KEY] = "key",	      [ROTATE_CERTIFICATE] = "certificate",
	[ROTATE_CONFIGURE] = "configure", [ROTATE_APP] = "app",	      [ROTATE_DEPLOY] = "deploy",
	[ROTATE_ACCEPT] = "accept",	  [ROTATE_USER] = "user",     [ROTATE_FINISH] = "finish",
};

/* A text of the record. */
struct member {
	const char *name;
	char **text;
	bool required;
};

enum { MEMBERS = 10 };

static void list_members(struct rotate_record *record, struct member members[MEMBERS])
{
	const struct member all[MEMBERS] = {
		{ "profile", &record->profile, true },
		{ "config", &record->config, true },
		{ "app", &record->app, false },
		{ "settings_file", &record->settings_file, true },
		{ "old_key", &record->old_key, true },
		{ "new_key", &record->new_key, false },
		{ "old_certificate", &record->old_certificate, false },
		{ "new_certificate", &record->new_certificate, false },
		{ "app_certificate", &record->app_certificate, false },
		{ "user", &record->user, false },
	};

	memcpy(members, all, sizeof(all));
}

void record_clear(struct rotate_record *record)
{
	struct member members[MEMBERS];

	list_members(record, members);
	for (size_t i = 0; i < MEMBERS; i++)
		free(*members[i].text);
	memset(record, 0, sizeof(*record));
}

static bool print_members(cJSON *object, const struct rotate_record *record)
{
	struct rotate_record copy = *record;
	struct member members[MEMBERS];
	cJSON *seconds;
	bool complete = cJSON_AddNumberToObject(object, "version", FORMAT_VERSION) != NULL;

	list_members(&copy, members);
	for (size_t i = 0; i < MEMBERS && complete; i++)
		complete = *members[i].text == NULL ||
			   cJSON_AddStringToObject(object, members[i].name, *members[i].text) != NULL;
	seconds = complete ? cJSON_CreateDoubleArray(record->seconds, ROTATE_STEPS) : NULL;
	return seconds != NULL && cJSON_AddItemToObject(object, "seconds", seconds) &&
	       cJSON_AddStringToObject(object, "next", step_names[record->next]) != NULL &&
	       cJSON_AddBoolToObject(object, "given", record->given) != NULL &&
	       cJSON_AddBoolToObject(object, "aborting", record->aborting) != NULL &&
	       cJSON_AddNumberToObject(object, "began", (double)record->began) != NULL;
}

char *record_print(const struct rotate_record *record)
{
	cJSON *object = cJSON_CreateObject();
	char *printed = object != NULL && print_members(object, record) ? cJSON_Print(object) : NULL;
	char *text = NULL;

	if (printed != NULL && asprintf(&text, "%s\n", printed) < 0)
		text = NULL;
	cJSON_free(printed);
	cJSON_Delete(object);
	return text;
}

static bool parse_next(struct rotate_record *record, const cJSON *item)
{
	for (int step = 0; cJSON_IsString(item) && step < ROTATE_STEPS; step++) {
		if (strcmp(item->valuestring, step_names[step]) == 0) {
			record->next = (enum rotate_step)step;
			return true;
		}
	}
	return false;
}

static bool parse_seconds(struct rotate_record *record, const cJSON *list)
{
	for (int i = 0; i < ROTATE_STEPS; i++) {
		const cJSON *item = cJSON_IsArray(list) ? cJSON_GetArrayItem(list, i) : NULL;

		if (item == NULL || !cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble < 0)
			return false;
		record->seconds[i] = item->valuedouble;
	}
	return cJSON_GetArraySize(list) == ROTATE_STEPS;
}

static bool parse_members(struct rotate_record *record, const cJSON *object)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "version");
	const cJSON *aborting = cJSON_GetObjectItemCaseSensitive(object, "aborting");
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(object, "given");
	const cJSON *began = cJSON_GetObjectItemCaseSensitive(object, "began");
	struct member members[MEMBERS];

	list_members(record, members);
	for (size_t i = 0; i < MEMBERS; i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, members[i].name);

		if (item == NULL ? members[i].required : !cJSON_IsString(item))
			return false;
		if (item != NULL && (*members[i].text = strdup(item->valuestring)) == NULL)
			return false;
	}
	if (!cJSON_IsNumber(version) || version->valuedouble != (double)FORMAT_VERSION || !cJSON_IsBool(aborting) ||
	    !cJSON_IsBool(given) || !cJSON_IsNumber(began) || !(began->valuedouble >= 0 && began->valuedouble < 1e15))
		return false;
	record->given = cJSON_IsTrue(given);
	record->aborting = cJSON_IsTrue(aborting);
	record->began = (time_t)began->valuedouble;
	return parse_next(record, cJSON_GetObjectItemCaseSensitive(object, "next")) &&
	       parse_seconds(record, cJSON_GetObjectItemCaseSensitive(object, "seconds"));
}

/* Not json_is_strict: a path may have bytes that are not UTF-8, and JSON keeps them. */
bool record_parse(struct rotate_record *record, const char *text)
{
	cJSON *object = cJSON_ParseWithOpts(text, NULL, true);
	char name[JSON_NAME_SIZE];
	bool parsed = cJSON_IsObject(object) && !json_repeats(object, name) && parse_members(record, object);

	cJSON_Delete(object);
	if (!parsed)
		record_clear(record);
	return parsed;
}
