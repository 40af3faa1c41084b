/* SPDX-License-Identifier: Apache-2.0 */
/* Names in the configuration. */
#include "cmd/complete.h"

#include "bearer/fields.h"

#include <stdlib.h>
#include <string.h>

/* --- the settings ------------------------------------------------------------------------------------------------ */

/* The option with its value, in which the shell has not replaced the tilde yet. NULL if memory is exhausted. */
static char *option(enum setting_id id, const char *value)
{
	const char *home = strncmp(value, "~/", 2) == 0 ? getenv("HOME") : NULL;
	char *text;

	if (asprintf(&text, "--%s=%s%s", settings_name(id), home != NULL ? home : "",
		     home != NULL ? value + 1 : value) < 0)
		return NULL;
	return text;
}

struct settings *complete_settings(const struct settings_word *word)
{
	static const struct settings_usage usage = {
		.command = "complete",
		.operands = "",
		.tolerant = true,
		.groups = GROUP_TOKEN | GROUP_CLAIMS,
	};
	static const enum setting_id ids[] = { SETTING_CONFIG, SETTING_PROFILE, SETTING_MODULE, SETTING_SERVER };
	enum { IDS = sizeof(ids) / sizeof(ids[0]) };
	char *argv[IDS + 2] = { (char *)"complete" };
	struct settings *settings;
	struct error error;
	int argc = 1;

	for (size_t i = 0; i < IDS; i++) {
		/* An empty value has not been typed yet. */
		if (word->given[ids[i]] != NULL && *word->given[ids[i]] != '\0' && ids[i] != word->id)
			argv[argc++] = option(ids[i], word->given[ids[i]]);
	}
	if (settings_load(&settings, &usage, argc, argv, &error) < 0)
		settings_free(&settings);
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return settings;
}

/* --- profiles and servers ---------------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void complete_profiles(const struct settings_word *word, settings_offer *offer, void *context)
{
	struct settings_word all = *word;
	struct settings *settings;
	const char **names;
	size_t count = 0;

	/* settings_profile omits the chosen profile, so none may be chosen. */
	all.given[SETTING_PROFILE] = NULL;
	unsetenv("P11BEARER_PROFILE");
	settings = complete_settings(&all);
	if (settings == NULL)
		return;
	while (settings_profile(settings, count) != NULL)
		count++;
	names = calloc(count + 1, sizeof(*names));
	for (size_t i = 0; names != NULL && i < count; i++)
		names[i] = settings_profile(settings, i);
	if (names != NULL)
		qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; names != NULL && i < count; i++)
		offer(context, names[i], "");
	free(names);
	settings_free(&settings);
}

void complete_servers(const struct settings_word *word, settings_offer *offer, void *context)
{
	struct settings *settings = complete_settings(word);
	const struct settings_server *section;

	for (size_t i = 0; i < server_row_count; i++)
		offer(context, server_rows[i]->name, server_rows[i]->title);
	for (size_t i = 0; settings != NULL && (section = settings_server(settings, i)) != NULL; i++) {
		struct error error;
		struct server row;
		bool good = cmd_row(settings, section->name, &row, &error) == 0;

		offer(context, section->name, good ? row.title : "");
	}
	settings_free(&settings);
}

/* --- pairs ------------------------------------------------------------------------------------------------------- */

static void offer_name(const char *name, size_t length, settings_offer *offer, void *context)
{
	char text[128];

	snprintf(text, sizeof(text), "%.*s=", (int)length, name);
	offer(context, text, "");
}

/* The names that the row requires, such as "set.tenant". */
static void offer_required(const struct server *row, enum setting_id id, settings_offer *offer, void *context)
{
	const char *name = settings_name(id), *next = row->required != NULL ? row->required : "";
	size_t begins = strlen(name);

	for (size_t length; *next != '\0'; next += length + strspn(next + length, " ")) {
		length = strcspn(next, " ");
		if (length > begins && strncmp(next, name, begins) == 0 && next[begins] == '.')
			offer_name(next + begins + 1, length - begins - 1, offer, context);
	}
}

static void offer_names(const struct server *row, enum setting_id id, settings_offer *offer, void *context)
{
	const struct server_pair *pairs = id == SETTING_SET ? row->set : id == SETTING_CLAIM ? row->claims :
					  id == SETTING_HEADER ? row->headers : row->form;

	offer_required(row, id, offer, context);
	for (size_t i = 0; i < SERVER_PAIRS && pairs[i].name != NULL; i++)
		offer_name(pairs[i].name, strlen(pairs[i].name), offer, context);
}

/* A value can be computed, except that of --set; see COMPUTED VALUES in the manual. */
static void offer_computed(const char *typed, size_t length, settings_offer *offer, void *context)
{
	static const char names[] = FIELDS_NAMES;
	char text[256];

	for (const char *next = names; *next != '\0'; next += strspn(next, ", ")) {
		size_t name = strcspn(next, ",");

		snprintf(text, sizeof(text), "%.*s%.*s", (int)length, typed, (int)name, next);
		offer(context, text, "");
		next += name;
	}
}

void complete_pairs(const struct settings_word *word, const char *typed, settings_offer *offer, void *context)
{
	const char *equals = strchr(typed, '=');
	struct settings *settings;
	struct server row;
	struct error error;

	if (equals != NULL) {
		if (word->id != SETTING_SET)
			offer_computed(typed, (size_t)(equals + 1 - typed), offer, context);
		return;
	}
	settings = complete_settings(word);
	if (settings != NULL && cmd_choose(settings, &row, &error) == 0)
		offer_names(&row, word->id, offer, context);
	settings_free(&settings);
}
