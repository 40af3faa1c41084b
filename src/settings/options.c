/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line with getopt_long and the settings table. */
#include "settings/table.h"

#include "process/process.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* getopt's codes: a letter, or an id plus one of these. */
enum {
	LONG = 256,
	NEGATED = 4096, /* --no-NAME */
};

bool usage_owns(const struct settings_usage *usage, const struct setting *setting)
{
	for (const enum setting_id *own = usage->own; *own != SETTING_NONE; own++) {
		if (*own == setting->id)
			return true;
	}
	return false;
}

bool usage_takes(const struct settings_usage *usage, const struct setting *setting)
{
	return ((usage->groups | GROUP_COMMON) & (unsigned)setting->group) != 0 || usage_owns(usage, setting);
}

bool settings_use_agent(const struct settings *settings)
{
	const struct setting *agent = &settings_table[SETTING_AGENT];

	return usage_owns(settings->usage, agent) || (usage_takes(settings->usage, agent) &&
						      strcmp(settings_text(settings, SETTING_AGENT), "no") != 0);
}

/* A flag that a file can set, or that is on by default, needs a way to turn it off. */
static bool has_negation(const struct setting *setting)
{
	return setting->type == TYPE_FLAG && !setting->option_only;
}

/* getopt's tables for the options of a command. */
struct getopt_tables {
	struct option options[2 * SETTING_COUNT + 1];
	char letters[2 * SETTING_COUNT + 3];
	char negated[SETTING_COUNT][32]; /* the names no-NAME */
	const char *words[2 * SETTING_COUNT + 1]; /* all names with dashes, for settings_nearest; point into `dashed` */
	char dashed[2 * SETTING_COUNT][32];
};

static void tables_fill(struct getopt_tables *tables, const struct settings_usage *usage)
{
	struct option *option = tables->options;
	char *letter = tables->letters + strlen(tables->letters);
	size_t words = 0;

	for (int id = 1; id < SETTING_COUNT; id++) {
		const struct setting *setting = &settings_table[id];
		bool flag = setting->type == TYPE_FLAG;

		if (!usage_takes(usage, setting))
			continue;
		*option++ = (struct option){ setting->name, flag ? no_argument : required_argument, NULL, LONG + id };
		if (has_negation(setting)) {
			snprintf(tables->negated[id], sizeof(tables->negated[id]), "no-%s", setting->name);
			*option++ = (struct option){ tables->negated[id], no_argument, NULL, NEGATED + id };
		}
		if (setting->letter != 0) {
			*letter++ = setting->letter;
			if (!flag)
				*letter++ = ':';
		}
	}
	for (option = tables->options; option->name != NULL; option++, words++) {
		snprintf(tables->dashed[words], sizeof(tables->dashed[words]), "--%s", option->name);
		tables->words[words] = tables->dashed[words];
	}
}

static int unknown_option(const struct settings_usage *usage, const struct getopt_tables *tables, const char *name,
			  struct error *error)
{
	const char *nearest = settings_nearest(name, tables->words);

	error_set(error, ERROR_USAGE, "%s has no option %s", usage->command, name);
	if (strncmp(name, "--", 2) == 0 && settings_table[settings_find(name + 2)].file_only)
		error_hint(error, "only a configuration file can set %s", name + 2);
	else if (nearest != NULL)
		error_hint(error, "did you mean %s?", nearest);
	else
		error_hint(error, "see \"p11bearer %s --help\" for its options", usage->command);
	return -ERROR_USAGE;
}

/* getopt's '?': an unknown letter, a flag with a value, or an unknown or ambiguous name. */
static int bad_option(const struct settings_usage *usage, const struct getopt_tables *tables, const char *word,
		      struct error *error)
{
	/* Shows only the name: a secret may follow it. */
	int length = (int)strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
	char name[64];

	if (optopt >= LONG)
		return error_set(error, ERROR_USAGE, "option %.*s takes no value", length, word);
	if (optopt != 0)
		snprintf(name, sizeof(name), "-%c", optopt);
	else
		snprintf(name, sizeof(name), "%.*s", length, word);
	return unknown_option(usage, tables, name, error);
}

/* Whether argv has the whole name of the long option. getopt accepts abbreviations; a script that used one would break
 * when a new option makes it ambiguous. */
static bool is_in_full(const struct option *option, char *const *argv)
{
	const char *word = argv[optind - 1];

	if (option->has_arg == required_argument && optarg == word)
		word = argv[optind - 2];
	return strncmp(word, "--", 2) == 0 && strcspn(word + 2, "=") == strlen(option->name);
}

/* The setting of getopt's code. */
static const struct setting *find_code(int code)
{
	int wanted = code >= NEGATED ? code - NEGATED : code - LONG;

	for (int id = 1; id < SETTING_COUNT; id++) {
		if (code < LONG ? settings_table[id].letter == code : id == wanted)
			return &settings_table[id];
	}
	return NULL;
}

/* Blanks everything after pin-value= in an argument, because a PIN may contain an '&' that is not encoded; and a secret
 * field of a form. The user may have given either to the wrong option. */
static void blank_secrets(char *argument)
{
	char *value = settings_find_secret(argument);

	if (value == NULL)
		value = settings_find_pin(argument);
	if (value != NULL)
		process_blank(value);
}

/* Blanks the user and password of a URL in an argument. */
static void blank_account(char *argument)
{
	char *begin = strstr(argument, "://"), *end = strrchr(argument, '@');

	if (begin == NULL || end == NULL || end < begin)
		return;
	*end = '\0';
	process_blank(begin + strlen("://"));
	*end = '@';
}

static int option_set(struct settings *settings, int code, struct error *error)
{
	const struct setting *setting = find_code(code);
	const char *text = setting->type != TYPE_FLAG ? optarg : code >= NEGATED ? "no" : "yes";
	char origin[64];
	int result;

	snprintf(origin, sizeof(origin), "option --%s", setting->name);
	if (setting->type == TYPE_PAIRS)
		result = settings_set_pair(settings, setting, text, LAYER_OPTION, origin, error);
	else
		result = settings_set(settings, setting, NULL, text, LAYER_OPTION, origin, error);
	if (setting->type != TYPE_FLAG)
		blank_secrets(optarg);
	if (setting->type == TYPE_PROXY)
		process_blank(optarg);
	return result;
}

static int operands_read(struct settings *settings, const struct settings_usage *usage, int argc, char **argv,
			 struct error *error)
{
	int count = argc - optind;

	for (int i = optind; i < argc; i++) {
		if (i - optind < usage->operands_max && settings_add_operand(settings, argv[i], error) < 0)
			return error_result(error);
		blank_secrets(argv[i]);
		blank_account(argv[i]);
	}
	if (count < usage->operands_min) {
		error_set(error, ERROR_USAGE, "%s needs %s", usage->command, usage->operands);
		error_hint(error, "for example: %s", usage->example);
		return -ERROR_USAGE;
	}
	if (count > usage->operands_max)
		return error_set(error, ERROR_USAGE, "%s does not know what to do with \"%.200s\"", usage->command,
				 argv[optind + usage->operands_max]);
	return 0;
}

int options_read(struct settings *settings, const struct settings_usage *usage, int argc, char **argv,
		 struct error *error)
{
	/* With ':', getopt tells a missing value from an unknown option; with '+', options end at the first operand. */
	struct getopt_tables tables = { .letters = ":" };
	int code, index = -1;

	if (usage->command_line)
		memcpy(tables.letters, "+:", 3);
	tables_fill(&tables, usage);
	opterr = 0;
	optind = 0; /* resets getopt */
	while ((code = getopt_long(argc, argv, tables.letters, tables.options, &index)) != -1) {
		if (code == '?')
			return bad_option(usage, &tables, argv[optind - 1], error);
		if (code == ':')
			return error_set(error, ERROR_USAGE, "option %s needs a value", argv[optind - 1]);
		if (code >= LONG && !is_in_full(&tables.options[index], argv))
			return bad_option(usage, &tables, argv[optind - 1 - (optarg == argv[optind - 1])], error);
		if (option_set(settings, code, error) < 0)
			return error_result(error);
	}
	if (settings_flag(settings, SETTING_HELP))
		return 0;
	return operands_read(settings, usage, argc, argv, error);
}
