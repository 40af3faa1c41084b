/* SPDX-License-Identifier: Apache-2.0 */
/* Every setting of the program, declared once (table.c), and where its value comes from:
 * default < system file < user's file < environment < option. */
#ifndef P11BEARER_SETTINGS_H
#define P11BEARER_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum setting_id {
	SETTING_NONE,
	/* known to every command */
	SETTING_HELP,
	SETTING_VERBOSE,
	SETTING_PROFILE,
	SETTING_CONFIG,
	/* the key and its token */
	SETTING_KEY,
	SETTING_MODULE,
	SETTING_PIN_FROM,
	SETTING_ALLOW_FINAL_TRY,
	SETTING_MODULE_TIMEOUT,
	SETTING_MODULE_WAIT,
	SETTING_REQUIRE_HARDWARE,
	SETTING_REQUIRE_NONEXTRACTABLE,
	/* the assertion */
	SETTING_CLIENT_ID,
	SETTING_USERNAME,
	SETTING_INSTANCE_URL,
	SETTING_AUDIENCE,
	SETTING_LIFETIME,
	SETTING_JTI,
	SETTING_CLAIM,
	SETTING_HEADER,
	SETTING_CERTIFICATE,
	/* HTTP */
	SETTING_TOKEN_URL,
	SETTING_CACERT,
	SETTING_PROXY,
	SETTING_TIMEOUT,
	SETTING_RETRIES,
	SETTING_RATE_WAIT,
	/* options of single commands */
	SETTING_ALL,
	SETTING_BATCH,
	SETTING_BITS,
	SETTING_DAYS,
	SETTING_EXPLAIN,
	SETTING_FAIL_FAST,
	SETTING_FORMAT,
	SETTING_JSON,
	SETTING_ORDERED,
	SETTING_OUT,
	SETTING_PARALLEL,
	SETTING_REVOKE,
	SETTING_SESSIONS,
	SETTING_STORE,
	SETTING_SUBJECT,
	SETTING_TOKEN_FROM,
	/* app */
	SETTING_APP,
	SETTING_DRY_RUN,
	SETTING_DIR,
	SETTING_LABEL,
	SETTING_CONTACT_EMAIL,
	SETTING_CALLBACK_URL,
	SETTING_SCOPES,
	SETTING_PERMISSION_SET,
	SETTING_SESSION_MINUTES,
	SETTING_API_VERSION,
	SETTING_FORCE,
	/* deploy */
	SETTING_CHECK_ONLY,
	SETTING_WAIT,
	SETTING_ALLOW_NO_CERTIFICATE,
	SETTING_ALLOW_UNFIT,
	SETTING_COUNT
};

/* The choices of SETTING_FORMAT, in the order of the table. */
enum settings_format { FORMAT_JSON, FORMAT_TOKEN, FORMAT_HEADER, FORMAT_ENV, FORMAT_CURL };

/* Settings that commands take together; a command names the groups it takes. */
enum setting_group {
	GROUP_OWN = 0, /* taken by the commands that list it */
	GROUP_COMMON = 1,
	GROUP_TOKEN = 2,
	GROUP_KEY = 4,
	GROUP_CLAIMS = 8,
	GROUP_HTTP = 16,
};

/* A setting that a command cannot do without, unless all of `instead` (may be empty) are set. A list of these ends with
 * SETTING_NONE. */
struct settings_needed {
	enum setting_id id;
	enum setting_id instead[3];
};

/* What a command takes from its command line. */
struct settings_usage {
	const char *command;
	const char *operands; /* as shown in --help, such as "[URI]" */
	int operands_min, operands_max;
	bool command_line;         /* the first operand ends the options: what follows it is a command's */
	const char *summary;       /* what the command does; one short line, which the list of commands shows */
	const char *details;       /* what else its help says, in lines of at most 80 columns, or NULL */
	const char *example;       /* a command line, likewise */
	const struct settings_needed *needed; /* or NULL */
	unsigned groups;           /* enum setting_group, or'ed; GROUP_COMMON is always in it */
	enum setting_id own[12];   /* further settings, of no group or of another, up to SETTING_NONE */
};

struct settings;

/* Collects all values for a command: options and operands from argv (argv[0] is skipped), then the environment and the
 * configuration files for what no option set. A PIN in a key's URI (pin-value) is blanked in argv; a variable that has one
 * is wiped and unset. With --help among the options, neither environment nor files are read. Fails with ERROR_USAGE for
 * the command line, ERROR_CONFIG for files and environment. *settings must be freed, also after a failure. */
int settings_load(struct settings **settings, const struct settings_usage *usage, int argc, char **argv,
		  struct error *error);

/* Wipes and frees *settings and sets it to NULL. NULL is allowed. */
void settings_free(struct settings **settings);

/* Wipes the PIN in the key's URI, once nothing needs it any more. It changes the text of SETTING_KEY. */
void settings_forget_pin(const struct settings *settings);

/* The value as text, or the default, or NULL. Owned by `settings`. */
const char *settings_text(const struct settings *settings, enum setting_id id);

/* The value of a number in the unit that its help names, or the index of a choice; or the default; or 0. */
long settings_number(const struct settings *settings, enum setting_id id);

/* The URL that settings_load has refused, or NULL. Owned by `settings`; it may hold a password. */
const char *settings_refused_url(const struct settings *settings);

/* Who set the value ("option --proxy", "environment variable P11BEARER_PROXY", …), or NULL: nobody did. */
const char *settings_origin(const struct settings *settings, enum setting_id id);

/* Whether the value was given on the command line. */
bool settings_is_option(const struct settings *settings, enum setting_id id);

/* The value of a flag. */
bool settings_flag(const struct settings *settings, enum setting_id id);

/* Checks that all settings of the list are set; else fails with ERROR_USAGE and names every one that is missing, and the
 * profiles that set one of them. */
int settings_require(const struct settings *settings, const struct settings_needed *needed, struct error *error);

/* Repeatable NAME=VALUE settings, one for each name. Strings are owned by `settings`. */
struct settings_pair {
	const char *name, *value;
};
size_t settings_pairs(const struct settings *settings, enum setting_id id);
struct settings_pair settings_pair(const struct settings *settings, enum setting_id id, size_t index);

/* Operands in the order given; NULL past the last. */
const char *settings_operand(const struct settings *settings, int index);

/* The setting with this name, or SETTING_NONE; and the name of a setting, without dashes. */
enum setting_id settings_find(const char *name);
const char *settings_name(enum setting_id id);

/* Checks a value that comes from elsewhere, such as a line of a batch. *number is set as settings_number returns it, and is
 * left alone for a text. Fails with ERROR_CONFIG. */
int settings_parse(enum setting_id id, const char *text, long *number, struct error *error);

/* Says where the value of `id` that another room has found wrong comes from: puts the origin in front of the error's
 * sentence and makes its class ERROR_USAGE for an option and ERROR_CONFIG for a file or the environment. */
void settings_blame(const struct settings *settings, enum setting_id id, struct error *error);
void settings_blame_pair(const struct settings *settings, enum setting_id id, size_t index, struct error *error);

/* Prints the command's --help. */
void settings_help(const struct settings_usage *usage, FILE *stream);

/* Prints the table, a setting a line: "--option<TAB>configuration key", the key "-" for one that only options can set. */
void settings_list(FILE *stream);

/* The word of `words` (ended by NULL) that is nearest to `word`, or NULL when none is near enough to be a likely slip. */
const char *settings_nearest(const char *word, const char *const *words);

#endif
