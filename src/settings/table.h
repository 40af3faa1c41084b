/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of src/settings: the table and the values. */
#ifndef P11BEARER_SETTINGS_TABLE_H
#define P11BEARER_SETTINGS_TABLE_H

#include "base/locked.h"
#include "base/url.h"
#include "settings/pasted.h"
#include "settings/settings.h"

enum setting_type {
	TYPE_FLAG,   /* yes or no; as an option --name or --no-name */
	TYPE_TEXT,   /* UTF-8, not empty, no control characters */
	TYPE_URI,    /* as text; never shown, because it may contain a PIN */
	TYPE_URL,    /* http:// or https:// and a host; no user and password */
	TYPE_AUDIENCE, /* as text; if it contains http:// or https://, as TYPE_URL */
	TYPE_PROXY,  /* as text; blanked in argv, because it may contain a password; oauth/http.h checks the rest */
	TYPE_NUMBER, /* whole, from min to max */
	TYPE_OFFSET, /* as a number, or "no" */
	TYPE_CHOICE, /* one of `choices` */
	TYPE_AUDIT,  /* journal, syslog, file:PATH with an absolute path, or off */
	TYPE_PATH,   /* as text; absolute */
	TYPE_AGENT,  /* an absolute path, auto or no */
	TYPE_MODE,   /* of a file: three or four octal digits; no other permissions than those of max */
	TYPE_PAIRS,  /* NAME=VALUE, repeatable; in a file name.NAME = VALUE */
};

struct setting {
	enum setting_id id;
	const char *name; /* long option and configuration key; P11BEARER_NAME in the environment */
	char letter;      /* short option or 0 */
	enum setting_type type;
	enum setting_group group;
	bool option_only; /* neither files nor the environment can set it */
	bool file_only;   /* neither options nor the environment can set it */
	bool default_only; /* in a file, only the section [default] can set it */
	bool only_tightens; /* a layer can turn it on, but not change what an earlier layer has turned on */
	bool is_form; /* pairs of a form: one layer can give a name several times, and settings_is_secret says whose
		       * values are secrets */
	enum pasted_kind pasted; /* how it is checked for traces of copy and paste */
	const char *argument; /* name of the value in --help */
	const char *fallback; /* default, or NULL */
	const char *example; /* for a file, if there is no default: VALUE; TYPE_PAIRS: NAME = VALUE */
	const char *help;
	long min, max;       /* TYPE_NUMBER, TYPE_OFFSET, TYPE_MODE */
	const char *choices; /* TYPE_CHOICE, and TYPE_NUMBER unless NULL; separated by | */
};

/* Indexed by setting_id; entry 0 is unused. */
extern const struct setting settings_table[SETTING_COUNT];

/* What set a value; the higher one wins. Within a file, the profile's section wins over [default]. */
enum layer {
	LAYER_NONE,
	LAYER_SYSTEM,
	LAYER_SYSTEM_PROFILE,
	LAYER_USER,
	LAYER_USER_PROFILE,
	LAYER_ENVIRONMENT,
	LAYER_OPTION
};

struct value {
	char *name; /* of a pair, else NULL */
	char *text;
	struct url url; /* of a TYPE_URL or TYPE_AUDIENCE */
	struct locked locked; /* the memory that a text with a secret is in; else none */
	char *origin; /* "option --bits", "/etc/p11bearer.conf, section [prod], key timeout" */
	enum layer layer;
};

struct values {
	struct value *list;
	size_t count;
	unsigned layers; /* that set it: the sum of 1 << enum layer */
};

/* A profile that was not chosen, and the settings in it. */
struct profile {
	char *name;
	bool sets[SETTING_COUNT];
};

struct profiles {
	struct profile *list;
	size_t count;
};

struct servers {
	struct settings_server *list;
	size_t count;
};

/* A fault, and the URL that caused it. */
struct kept_fault {
	struct settings_fault fault;
	struct value refused;
};

struct settings {
	const struct settings_usage *usage; /* of the command */
	bool only_tightening;     /* ignore what a file sets, except for settings that only tighten */
	struct values values[SETTING_COUNT];
	long numbers[SETTING_COUNT]; /* of flags, numbers and choices, or their defaults */
	struct profiles profiles; /* those not chosen */
	struct servers servers;
	struct value refused;     /* the URL that made settings_load fail */
	struct kept_fault **faults;
	size_t fault_count;
	struct settings_file files[2]; /* whose paths are copies */
	size_t file_count;
	char **operands;
	int operand_count;
};

/* Checks `text` as a value of `setting` that `layer` gives; for TYPE_PAIRS it is the pair's value. *number is set for a
 * flag (0 or 1), a number, an offset, and a choice (its index); *url for a URL, even on failure. Fails with ERROR_USAGE
 * for an option, else with ERROR_CONFIG; the message begins with `origin` ("option --bits", …). */
int value_parse(const struct setting *setting, const char *text, const char *origin, enum layer layer, long *number,
		struct url *url, struct error *error);

/* For a setting that only tightens: fails, with the class of `later`, if the value of a later layer loosens that of an
 * earlier one. */
int value_follow(const struct setting *setting, const struct value *earlier, long earlier_number,
		 const struct value *later, long later_number, struct error *error);

/* The start of the PIN (pin-value) in a text that may be a URI, well-formed or not; NULL if the text has no PIN. */
char *settings_find_pin(char *text);

/* The start of the value in a text NAME=VALUE, if the value is a secret (settings_is_secret); else NULL. */
char *settings_find_secret(char *pair);

/* Checks, copies and sets a value, unless a higher layer has set it. For TYPE_PAIRS `name` is the pair's name, else
 * NULL. For a setting that only tightens, fails if the value loosens that of an earlier layer, or is loosened by the
 * one that a later layer has set. */
int settings_set(struct settings *settings, const struct setting *setting, const char *name, const char *text,
		 enum layer layer, const char *origin, struct error *error);

/* As settings_set, for a pair in the form NAME=VALUE. */
int settings_set_pair(struct settings *settings, const struct setting *setting, const char *text, enum layer layer,
		      const char *origin, struct error *error);

/* Adds a copy of an operand. */
int settings_add_operand(struct settings *settings, const char *text, struct error *error);

/* The parts of settings_load, one per source. */
int options_read(struct settings *settings, const struct settings_usage *usage, int argc, char **argv,
		 struct error *error);
int environment_read(struct settings *settings, struct error *error);
int files_read(struct settings *settings, struct error *error);

/* If the usage is tolerant and `result` a mistake of the configuration, keeps the error and returns 0; else returns
 * `result`. */
int fault_keep(struct settings *settings, enum settings_fault_kind kind, int result, struct error *error);

/* Records a configuration file, open as `fd`; negative: it could not be opened. */
int file_note(struct settings *settings, const char *path, int fd, struct error *error);

/* Frees the faults, and the records of files. */
void faults_free(struct settings *settings);

void value_clear(struct value *value);

void servers_free(struct servers *servers);

/* Records a profile that was not chosen and, unless NULL, that it sets `setting`. */
int profile_note(struct settings *settings, const char *name, const struct setting *setting, struct error *error);
void profiles_free(struct profiles *profiles);

/* Fails with ERROR_CONFIG: no file has the chosen profile. Names those that exist. */
int profile_missing(const struct settings *settings, const char *name, struct error *error);

/* Whether the command lists the setting as its own; whether it takes the setting, as its own or in a group. */
bool usage_owns(const struct settings_usage *usage, const struct setting *setting);
bool usage_takes(const struct settings_usage *usage, const struct setting *setting);

/* Whether configuration files can set it (for TYPE_PAIRS, the name is the beginning of the keys). */
bool setting_is_key(const struct setting *setting);

#endif
