/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the program. Precedence: default < system file < user's file < environment < option. */
#ifndef P11BEARER_SETTINGS_H
#define P11BEARER_SETTINGS_H

#include "base/error.h"
#include "settings/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* The choices of SETTING_FORMAT, in the order of the table. */
enum settings_format {
	FORMAT_JSON, FORMAT_TOKEN, FORMAT_HEADER, FORMAT_ENV, FORMAT_CURL, FORMAT_EXEC_CREDENTIAL, FORMAT_GIT,
	FORMAT_DOCKER,
};

/* A command takes whole groups of settings, and single settings. */
enum setting_group {
	GROUP_OWN = 0, /* only the commands that list the setting take it */
	GROUP_COMMON = 1,
	GROUP_TOKEN = 2,
	GROUP_KEY = 4,
	GROUP_CLAIMS = 8,
	GROUP_HTTP = 16,
	GROUP_AUDIT = 32,
	GROUP_AGENT = 64,
	GROUP_NEXT = 128,
};

/* A setting that a command requires, unless `instead` has settings and all are set; of a repeatable one, the pair with
 * this name. Lists end with SETTING_NONE. */
struct settings_needed {
	enum setting_id id;
	enum setting_id instead[3];
	const char *pair; /* or NULL */
};

struct settings;

/* What a command takes from its command line. */
struct settings_usage {
	const char *command;
	const char *operands;    /* as --help shows them, such as "[URI]" */
	int operands_min, operands_max;
	bool command_line;       /* options end at the first operand, which begins a command line */
	int (*check)(const struct settings *, struct error *); /* called before the command runs; or NULL */
	bool tolerant;           /* what is wrong with files and environment is kept, see settings_fault */
	const char *summary;     /* one short line, for --help and for the list of commands */
	const char *details;     /* more lines for --help, of at most 80 columns, or NULL */
	const char *example;     /* a command line, of at most 80 columns per line */
	const struct settings_needed *needed; /* or NULL */
	unsigned groups;         /* enum setting_group; GROUP_COMMON is implied */
	enum setting_id own[12]; /* settings outside these groups; ends with SETTING_NONE */
};

/* Reads the options and operands in argv (argv[0] is skipped), the environment and the configuration files. Blanks the
 * PIN of a URI (pin-value) and the secret fields of a form in argv; wipes and unsets an environment variable that
 * contains one. With --help, reads
 * neither environment nor files. Fails with ERROR_USAGE for the command line, with ERROR_CONFIG for files and
 * environment. The caller frees *settings, even on failure. */
int settings_load(struct settings **settings, const struct settings_usage *usage, int argc, char **argv,
		  struct error *error);

/* What is wrong with a file, a key in it, the profile or a value, if the usage is tolerant. Files and values that are
 * wrong have no effect; mistakes on the command line still let settings_load fail. */
enum settings_fault_kind { SETTINGS_FILE, SETTINGS_KEY, SETTINGS_PROFILE, SETTINGS_VALUE };
struct settings_fault {
	enum settings_fault_kind kind;
	struct error error;
	const struct url *url; /* the one that was refused, which may contain a password; NULL: none */
};

/* In the order in which they were found; NULL past the last. Owned by `settings`. */
const struct settings_fault *settings_fault(const struct settings *settings, size_t index);

/* The configuration files, whether they exist, and who may change them; NULL past the last. Owned by `settings`. */
struct settings_file {
	const char *path;
	bool found;
	uid_t owner; /* if it was found */
	mode_t mode;
};
const struct settings_file *settings_file(const struct settings *settings, size_t index);

/* Wipes and frees *settings, and sets it to NULL. *settings may be NULL. */
void settings_free(struct settings **settings);

/* Wipes the PINs in the texts of URIs of keys, once nothing needs them. */
void settings_forget_pins(const struct settings *settings);

/* The name of the command, such as "app check". Static. */
const char *settings_command(const struct settings *settings);

/* Whether the command takes its bearer from the agent, or is about the agent. The profile is then one of the agent's,
 * and need not be in the files. */
bool settings_use_agent(const struct settings *settings);

/* The value as text, or the default, or NULL. Owned by `settings`. */
const char *settings_text(const struct settings *settings, enum setting_id id);

/* The value of a number in the unit that its help names, or the index of a choice; or the default; or 0. Of an
 * offset, settings_text tells 0 from "no" and NULL. */
long settings_number(const struct settings *settings, enum setting_id id);

/* The URL, which has no text if it is not set, or is an audience that is no URL; and the one that settings_load
 * refused, or NULL, which may contain a password. The texts are owned by `settings`. */
struct url settings_url(const struct settings *settings, enum setting_id id);
const struct url *settings_refused_url(const struct settings *settings);

/* As settings_url, for a server whose audience must be a URL. Fails with ERROR_USAGE or ERROR_CONFIG if it is none;
 * *url is then the refused one. */
int settings_take_url(const struct settings *settings, enum setting_id id, struct url *url, struct error *error);

/* Where the value was set ("option --proxy", "environment variable P11BEARER_PROXY", …), or NULL for a default. */
const char *settings_origin(const struct settings *settings, enum setting_id id);

/* Whether the field of a form with this name is a secret: client_secret, password and *_token. */
bool settings_is_secret(const char *name);

/* Copies the value, or that of the pair with this index, without PIN, password and secret field. Returns whether it has
 * one. The text is "" if the setting has no value. */
bool settings_show(const struct settings *settings, enum setting_id id, size_t index, char *text, size_t size);

/* As settings_origin, for the pair with this index. */
const char *settings_pair_origin(const struct settings *settings, enum setting_id id, size_t index);

/* Whether an option set the value; whether the environment set it, or a pair of it; whether the section of the chosen
 * profile set it. */
bool settings_is_option(const struct settings *settings, enum setting_id id);
bool settings_is_environment(const struct settings *settings, enum setting_id id);
bool settings_is_of_profile(const struct settings *settings, enum setting_id id);

/* The value of a flag. */
bool settings_flag(const struct settings *settings, enum setting_id id);

/* Fails with ERROR_USAGE if settings of the list are missing. Names them, and the profiles that set one of them. */
int settings_require(const struct settings *settings, const struct settings_needed *needed, struct error *error);

/* Repeatable NAME=VALUE settings; each name occurs once, but SETTING_FORM can have several fields with one name. Owned
 * by `settings`. */
struct settings_pair {
	const char *name, *value;
};
size_t settings_pairs(const struct settings *settings, enum setting_id id);
struct settings_pair settings_pair(const struct settings *settings, enum setting_id id, size_t index);

/* The operands in order; NULL past the last. */
const char *settings_operand(const struct settings *settings, int index);

/* The profiles in the files that were not chosen, without "default", in no particular order; NULL past the last. */
const char *settings_profile(const struct settings *settings, size_t index);

/* A section [server NAME]: its keys in the order of the file, each with its value and where it is. A later file
 * replaces and adds keys. Which keys there are, and what they mean, is up to server_define. */
struct settings_entry {
	const char *key, *value, *origin;
};
struct settings_server {
	const char *name;
	const struct settings_entry *entries;
	size_t count;
};

/* These sections, sorted by name; NULL past the last. Owned by `settings`. */
const struct settings_server *settings_server(const struct settings *settings, size_t index);

/* The setting with this name, or SETTING_NONE; and the name of a setting, without dashes. The name "set" is that of
 * SETTING_SET, although jwk has a flag --set too. */
enum setting_id settings_find(const char *name);
const char *settings_name(enum setting_id id);

/* Checks a value that comes from elsewhere, such as a line of a batch. Sets *number as settings_number returns it, or
 * *url, even on failure; both are left alone for a text, and *url for an audience that is no URL. `url` may be NULL for
 * a text and an audience. Fails with ERROR_CONFIG. */
int settings_parse(enum setting_id id, const char *text, long *number, struct url *url, struct error *error);

/* As settings_parse, for an audience that must be a URL. */
int settings_parse_url(enum setting_id id, const char *text, struct url *url, struct error *error);

/* What a configuration file needs for a value, in quotes if necessary, and for the name of a section (config(5)). The
 * caller wipes and frees them; NULL if memory is exhausted. */
char *settings_quoted(const char *value);
char *settings_section_name(const char *name);

/* Puts the value's origin in front of another component's error about the value. The class becomes ERROR_USAGE for an
 * option, ERROR_CONFIG for a file or the environment. */
void settings_blame(const struct settings *settings, enum setting_id id, struct error *error);
void settings_blame_pair(const struct settings *settings, enum setting_id id, size_t index, struct error *error);

/* Prints the command's --help. */
void settings_help(const struct settings_usage *usage, FILE *stream);

/* Prints one line per setting: "--option<TAB>configuration key". The key is "-" if only an option can set it, and the
 * option is "-" if only a file can. */
void settings_list(FILE *stream);

/* Returns the one of `words` (which end with NULL) that `word` probably stands for, or NULL. */
const char *settings_nearest(const char *word, const char *const *words);

#endif
