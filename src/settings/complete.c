/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/complete.h"

#include "settings/table.h"

#include <string.h>

/* --- what a word is ---------------------------------------------------------------------------------------------- */

/* What --help calls an operand, or the value of an option. */
static enum settings_what what_is(const char *name, size_t length)
{
	static const struct {
		const char *name;
		enum settings_what what;
	} names[] = {
		{ "URI", WHAT_KEY }, { "FILE", WHAT_FILE }, { "PATH", WHAT_FILE }, { "DIR", WHAT_FOLDER },
		{ "PROFILE", WHAT_PROFILE }, { "SERVER", WHAT_SERVER }, { "SRC", WHAT_SOURCE },
		{ "TARGET", WHAT_SOURCE }, { "ACTION", WHAT_ACTION },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) == length && strncmp(names[i].name, name, length) == 0)
			return names[i].what;
	}
	return WHAT_TEXT;
}

static enum settings_what what_is_value(const struct setting *setting)
{
	if (setting->type == TYPE_PAIRS)
		return WHAT_PAIR;
	if (setting->id == SETTING_PROFILE)
		return WHAT_PROFILE;
	if (setting->id == SETTING_SERVER)
		return WHAT_SERVER;
	return what_is(setting->argument, strlen(setting->argument));
}

/* Operands are named like "FILE URI" or "[URI]…"; the last name is that of all further ones. */
static enum settings_what what_is_operand(const struct settings_usage *usage, int index)
{
	const char *name = usage->operands;

	if (index >= usage->operands_max)
		return WHAT_TEXT;
	for (; index > 0 && strchr(name, ' ') != NULL; index--)
		name = strchr(name, ' ') + 1;
	name += *name == '[' ? 1 : 0;
	return what_is(name, strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

/* The command's setting with this option, or NULL. */
static const struct setting *find_name(const struct settings_usage *usage, const char *name, size_t length)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];

		if (usage_takes(usage, setting) && strlen(setting->name) == length &&
		    strncmp(setting->name, name, length) == 0)
			return setting;
	}
	return NULL;
}

static const struct setting *find_letter(const struct settings_usage *usage, char letter)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];

		if (usage_takes(usage, setting) && setting->letter == letter)
			return setting;
	}
	return NULL;
}

/* The setting of an option, and where its value begins in the word; NULL: the value is the next word, or it is a flag.
 * Of several letters, notes the others as given. */
static const struct setting *find_option(const struct settings_usage *usage, const char *option,
					 struct settings_word *word, const char **value)
{
	const struct setting *setting = NULL;

	*value = NULL;
	if (strncmp(option, "--", 2) == 0) {
		size_t length = strcspn(option + 2, "=");

		*value = option[2 + length] == '=' ? option + 2 + length + 1 : NULL;
		setting = find_name(usage, option + 2, length);
		if (setting == NULL && strncmp(option, "--no-", 5) == 0)
			setting = find_name(usage, option + 5, length - 3);
		return setting;
	}
	/* Only the last letter can have a value. */
	for (option++; *option != '\0'; option++) {
		setting = find_letter(usage, *option);
		if (setting == NULL || setting->type != TYPE_FLAG)
			break;
		word->given[setting->id] = "";
	}
	if (setting != NULL && *option != '\0' && option[1] != '\0')
		*value = option + 1;
	return setting;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Reads the words before the last one. *waits is the setting whose value the last one is, or NULL; *operands the number
 * of operands. Returns false if the last word cannot be an option. */
static bool read_words(const struct settings_usage *usage, const char *const *words, size_t count,
		       struct settings_word *word, const struct setting **waits, int *operands)
{
	bool options = true;

	*waits = NULL;
	*operands = 0;
	for (size_t i = 0; i + 1 < count; i++) {
		const char *value = NULL;

		if (*waits != NULL) {
			word->given[(*waits)->id] = words[i];
			*waits = NULL;
		} else if (options && strcmp(words[i], "--") == 0) {
			options = false;
			word->command = i + 1;
		} else if (options && is_option(words[i])) {
			const struct setting *setting = find_option(usage, words[i], word, &value);

			if (setting != NULL)
				word->given[setting->id] = value != NULL ? value : "";
			if (setting != NULL && setting->type != TYPE_FLAG && value == NULL)
				*waits = setting;
		} else {
			word->command = *operands == 0 ? i : word->command;
			options &= !usage->command_line;
			(*operands)++;
		}
	}
	return options;
}

void settings_read_word(const struct settings_usage *usage, const char *const *words, size_t count,
			struct settings_word *word)
{
	const char *last = words[count - 1], *value = NULL;
	struct settings_word unfinished; /* what it gives may still change */
	const struct setting *setting;
	int operands;
	bool options;

	memset(word, 0, sizeof(*word));
	word->command = count - 1;
	options = read_words(usage, words, count, word, &setting, &operands);
	if (setting == NULL && options && last[0] == '-') {
		setting = last[1] != '\0' ? find_option(usage, last, &unfinished, &value) : NULL;
		if (setting == NULL || setting->type == TYPE_FLAG || value == NULL) {
			word->what = WHAT_OPTION;
			return;
		}
		word->start = (size_t)(value - last);
	}
	if (setting != NULL) {
		word->id = setting->id;
		word->what = what_is_value(setting);
	} else {
		word->what = usage->command_line ? WHAT_COMMAND : what_is_operand(usage, operands);
	}
	/* Who does not know what comes next wants to see the options. */
	if (setting == NULL && word->what == WHAT_TEXT && options && *last == '\0')
		word->what = WHAT_OPTION;
}

/* --- what fits --------------------------------------------------------------------------------------------------- */

static void offer_option(const struct setting *setting, const char *typed, settings_offer *offer, void *context)
{
	bool off = setting->type == TYPE_FLAG && setting->fallback != NULL;
	bool can_negate = setting->type == TYPE_FLAG && !setting->option_only;
	char name[64], help[256];

	/* As in --help; what turns a flag off is offered to those who ask for it. */
	if (off || (can_negate && strncmp(typed, "--no", 4) == 0)) {
		snprintf(name, sizeof(name), "--no-%s", setting->name);
		snprintf(help, sizeof(help), "do not %s", setting->help);
		offer(context, name, off ? help : "turn it off");
	}
	if (off)
		return;
	if (setting->letter != 0 && typed[1] != '-' && typed[1] != '\0') {
		snprintf(name, sizeof(name), "-%c", setting->letter);
		offer(context, name, setting->help);
	}
	snprintf(name, sizeof(name), "--%s", setting->name);
	offer(context, name, setting->help);
}

void settings_options(const struct settings_usage *usage, const struct settings_word *word, const char *typed,
		      settings_offer *offer, void *context)
{
	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];

		if (usage_takes(usage, setting) && (word->given[id] == NULL || setting->type == TYPE_PAIRS))
			offer_option(setting, typed, offer, context);
	}
}

/* Offers the words of a list, which | separates. */
static void offer_list(const char *list, settings_offer *offer, void *context)
{
	char name[64];

	for (size_t length; *list != '\0'; list += length + strspn(list + length, "|")) {
		length = strcspn(list, "|");
		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		offer(context, name, "");
	}
}

void settings_values(enum setting_id id, settings_offer *offer, void *context)
{
	const struct setting *setting = &settings_table[id];

	if (setting->choices != NULL)
		offer_list(setting->choices, offer, context);
	if (setting->type == TYPE_OFFSET)
		offer(context, "no", "");
	if (setting->type == TYPE_AUDIENCE)
		offer(context, "none", "");
	if (setting->type == TYPE_AGENT)
		offer_list("auto|no", offer, context);
	if (setting->type == TYPE_AUDIT)
		offer_list("journal|syslog|file:|off", offer, context);
	else if (id == SETTING_TOKEN_FROM)
		offer_list("file:|env:|fd:", offer, context);
	else if (what_is_value(setting) == WHAT_SOURCE)
		offer_list("prompt|file:|env:|fd:|credential:", offer, context);
}
