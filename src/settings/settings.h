/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the program. Precedence: default < system file < user's file < environment < option. */
#ifndef P11BEARER_SETTINGS_H
#define P11BEARER_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

enum setting_id {
	SETTING_NONE,
	/* of every command */
	SETTING_HELP,
	SETTING_VERBOSE,
	SETTING_PROFILE,
	SETTING_CONFIG,
	/* the key and its token */
	SETTING_KEY,
	SETTING_ALG,
	SETTING_MODULE,
	SETTING_PIN_FROM,
	SETTING_ALLOW_FINAL_TRY,
	SETTING_MODULE_TIMEOUT,
	SETTING_MODULE_WAIT,
	SETTING_REQUIRE_HARDWARE,
	SETTING_REQUIRE_NONEXTRACTABLE,
	SETTING_REQUIRE_ATTESTED,
	SETTING_ATTESTATION_ROOTS,
	/* the server */
	SETTING_SERVER,
	SETTING_SET,
	/* the assertion */
	SETTING_CLIENT_ID,
	SETTING_USERNAME,
	SETTING_INSTANCE_URL,
	SETTING_AUDIENCE,
	SETTING_LIFETIME,
	SETTING_JTI,
	SETTING_IAT,
	SETTING_NBF,
	SETTING_CLAIM,
	SETTING_HEADER,
	SETTING_CERTIFICATE,
	SETTING_WARN_DAYS,
	/* the key that replaces it */
	SETTING_NEXT_KEY,
	SETTING_NEXT_CERTIFICATE,
	/* HTTP */
	SETTING_GRANT,
	SETTING_FORM,
	SETTING_TOKEN_URL,
	SETTING_CACERT,
	SETTING_TLS_CERTIFICATE,
	SETTING_TLS_KEY,
	SETTING_PROXY,
	SETTING_TIMEOUT,
	SETTING_RETRIES,
	SETTING_RATE_WAIT,
	/* the audit */
	SETTING_AUDIT,
	SETTING_AUDIT_REQUIRED,
	/* the agent: its clients, itself */
	SETTING_AGENT,
	SETTING_ALLOW,
	SETTING_ALLOW_ASSERTION,
	SETTING_ALLOW_USERNAME,
	SETTING_BEARER_MINUTES,
	SETTING_LOGINS_PER_HOUR,
	SETTING_SINK,
	SETTING_SINK_MODE,
	SETTING_SINK_OWNER,
	SETTING_ALLOW_METRICS,
	SETTING_SOCKET,
	SETTING_SOCKET_MODE,
	SETTING_SOCKET_GROUP,
	SETTING_CONNECTIONS,
	/* of single commands */
	SETTING_ALL,
	SETTING_BATCH,
	SETTING_BITS,
	SETTING_CURVE,
	SETTING_DAYS,
	SETTING_EKU,
	SETTING_EXPLAIN,
	SETTING_FAIL_FAST,
	SETTING_FORMAT,
	SETTING_JSON,
	SETTING_KID,
	SETTING_ORDERED,
	SETTING_OUT,
	SETTING_PARALLEL,
	SETTING_PASSPHRASE_FROM,
	SETTING_PIN_POLICY,
	SETTING_REPLACE,
	SETTING_REVOKE,
	SETTING_ROOTS,
	SETTING_SESSIONS,
	SETTING_AS_SET,
	SETTING_SO_PIN_FROM,
	SETTING_STORE,
	SETTING_SUBJECT,
	SETTING_TYPE,
	SETTING_TOKEN_FROM,
	SETTING_TOUCH,
	SETTING_YES,
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
	/* doctor */
	SETTING_LOGIN,
	SETTING_EXCHANGE,
	SETTING_APP_PATH,
	SETTING_STRICT,
	/* rotate */
	SETTING_NEW_KEY,
	SETTING_ACCEPT_WITHIN,
	SETTING_SETTLE,
	SETTING_ABORT,
	SETTING_COUNT
};

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
 * PIN of a URI (pin-value) in argv; wipes and unsets an environment variable that contains one. With --help, reads
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

/* The value of a number in the unit that its help names, or the index of a choice; or the default; or 0. */
long settings_number(const struct settings *settings, enum setting_id id);

/* The URL, which has no text if it is not set; and the one that settings_load refused, or NULL, which may contain a
 * password. The texts are owned by `settings`. */
struct url settings_url(const struct settings *settings, enum setting_id id);
const struct url *settings_refused_url(const struct settings *settings);

/* Where the value was set ("option --proxy", "environment variable P11BEARER_PROXY", …), or NULL for a default. */
const char *settings_origin(const struct settings *settings, enum setting_id id);

/* Copies the value, or that of the pair with this index, without PIN and password. Returns whether it has one. The text
 * is "" if the setting has no value. */
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

/* Repeatable NAME=VALUE settings; each name occurs once. Owned by `settings`. */
struct settings_pair {
	const char *name, *value;
};
size_t settings_pairs(const struct settings *settings, enum setting_id id);
struct settings_pair settings_pair(const struct settings *settings, enum setting_id id, size_t index);

/* The operands in order; NULL past the last. */
const char *settings_operand(const struct settings *settings, int index);

/* The profiles in the files that were not chosen, without "default", in no particular order; NULL past the last. */
const char *settings_profile(const struct settings *settings, size_t index);

/* The setting with this name, or SETTING_NONE; and the name of a setting, without dashes. */
enum setting_id settings_find(const char *name);
const char *settings_name(enum setting_id id);

/* Checks a value that comes from elsewhere, such as a line of a batch. Sets *number as settings_number returns it, or
 * *url, even on failure; both are left alone for a text. Fails with ERROR_CONFIG. */
int settings_parse(enum setting_id id, const char *text, long *number, struct url *url, struct error *error);

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
