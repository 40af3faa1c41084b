/* SPDX-License-Identifier: Apache-2.0 */
/* Prints --help from the settings table: required settings first, then the command's own options, then the rest. */
#include "settings/table.h"

#include <string.h>

enum {
	WIDTH = 80,
	COLUMN = 26, /* of the descriptions */
	HELP_SIZE = 512,
};

/* Prints `text` from COLUMN on, broken into lines after blanks and between choices. */
static void print_words(const char *text, FILE *stream)
{
	size_t at = COLUMN, blanks = 0;

	while (*text != '\0') {
		size_t length = strcspn(text, " |");

		length += text[length] == '|' ? 1 : 0;
		if (at > COLUMN && at + blanks + length > WIDTH) {
			fprintf(stream, "\n%*s", COLUMN, "");
			at = COLUMN;
			blanks = 0;
		}
		fprintf(stream, "%*s%.*s", (int)blanks, "", (int)length, text);
		at += blanks + length;
		text += length;
		blanks = strspn(text, " ");
		text += blanks;
	}
	fputc('\n', stream);
}

/* Appends the settings that replace a required one. */
static void append_instead(const struct settings_needed *needed, char *text, size_t size)
{
	for (const enum setting_id *instead = needed->instead; *instead != SETTING_NONE; instead++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s --%s", instead == needed->instead ? "; or" : " and",
			 settings_table[*instead].name);
	}
}

static void print_option(const struct setting *setting, const struct settings_needed *needed, FILE *stream)
{
	bool off = setting->type == TYPE_FLAG && setting->fallback != NULL;
	char left[64], letter[8] = "    ", help[HELP_SIZE];
	bool shows_default = setting->fallback != NULL && setting->type != TYPE_FLAG;

	if (setting->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", setting->letter);
	snprintf(left, sizeof(left), "  %s--%s%s%s%s", letter, off ? "no-" : "", setting->name,
		 setting->argument != NULL ? " " : "", setting->argument != NULL ? setting->argument : "");
	snprintf(help, sizeof(help), "%s%s%s%s%s%s%s", off ? "do not " : "", setting->help,
		 setting->choices != NULL ? ": " : "", setting->choices != NULL ? setting->choices : "",
		 shows_default ? " (" : "", shows_default ? setting->fallback : "", shows_default ? ")" : "");
	if (needed != NULL)
		append_instead(needed, help, sizeof(help));
	if (strlen(left) + 2 <= COLUMN)
		fprintf(stream, "%-*s", COLUMN, left);
	else
		fprintf(stream, "%s\n%*s", left, COLUMN, "");
	print_words(help, stream);
}

static const struct settings_needed *find_needed(const struct settings_usage *usage, const struct setting *setting)
{
	for (const struct settings_needed *needed = usage->needed; needed != NULL && needed->id != SETTING_NONE;
	     needed++) {
		if (needed->id == setting->id)
			return needed;
	}
	return NULL;
}

static void print_required(const struct settings_usage *usage, FILE *stream)
{
	bool in_files = true;

	if (usage->needed == NULL)
		return;
	for (const struct settings_needed *needed = usage->needed; needed->id != SETTING_NONE; needed++)
		in_files &= setting_is_key(&settings_table[needed->id]);
	fprintf(stream, "\nRequired%s:\n",
		in_files ? ", as an option, in the environment or in a configuration file" : "");
	for (const struct settings_needed *needed = usage->needed; needed->id != SETTING_NONE; needed++)
		print_option(&settings_table[needed->id], needed, stream);
	if (usage_takes(usage, &settings_table[SETTING_SERVER]) &&
	    find_needed(usage, &settings_table[SETTING_USERNAME]) != NULL)
		fputs("  With --server NAME, what \"p11bearer servers NAME\" shows instead.\n", stream);
}

/* Prints the options of one group (GROUP_OWN: the command's own) that are not required. */
static void print_group(const struct settings_usage *usage, enum setting_group group, const char *title, FILE *stream)
{
	bool any = false;

	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];
		bool own = usage_owns(usage, setting);

		if (!usage_takes(usage, setting) || find_needed(usage, setting) != NULL ||
		    own != (group == GROUP_OWN) || (!own && setting->group != group))
			continue;
		if (!any)
			fprintf(stream, "\n%s:\n", title);
		any = true;
		print_option(setting, NULL, stream);
	}
}

void settings_help(const struct settings_usage *usage, FILE *stream)
{
	static const struct {
		enum setting_group group;
		const char *title;
	} groups[] = {
		{ GROUP_OWN, "Options of this command" },
		{ GROUP_KEY, "The key" },
		{ GROUP_TOKEN, "The token" },
		{ GROUP_CLAIMS, "The server and the assertion" },
		{ GROUP_NEXT, "The next key" },
		{ GROUP_HTTP, "Requests to the server" },
		{ GROUP_AGENT, "The agent" },
		{ GROUP_AUDIT, "The audit" },
		{ GROUP_COMMON, "All commands" },
	};

	fprintf(stream, "Usage: p11bearer %s [OPTION]…%s%s\n\n%s\n", usage->command, *usage->operands ? " " : "",
		usage->operands, usage->summary);
	if (usage->details != NULL)
		fprintf(stream, "%s\n", usage->details);
	fprintf(stream, "\nExample:\n  %s\n", usage->example);
	print_required(usage, stream);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		print_group(usage, groups[i].group, groups[i].title, stream);
}

void settings_list(FILE *stream)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];

		if (settings_find(setting->name) != setting->id)
			continue; /* jwk's --set */
		fprintf(stream, "%s%s\t%s\n", setting->file_only ? "-" : "--", setting->file_only ? "" : setting->name,
			setting_is_key(setting) ? setting->name : "-");
	}
}
