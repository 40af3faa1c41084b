/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the settings room: the table, the values and who sets them. */
#ifndef P11BEARER_SETTINGS_TABLE_H
#define P11BEARER_SETTINGS_TABLE_H

#include "settings/pasted.h"
#include "settings/settings.h"

enum setting_type {
	TYPE_FLAG,   /* yes or no; as an option --name or --no-name */
	TYPE_TEXT,   /* UTF-8, not empty, no control characters */
	TYPE_URI,    /* as text; never shown, since it may hold a PIN */
	TYPE_URL,    /* http:// or https:// and a host; no user and password */
	TYPE_PROXY,  /* as text; blanked in argv, because it may hold a password; the rest is for oauth/http.h to check */
	TYPE_NUMBER, /* whole, between min and max */
	TYPE_CHOICE, /* one of `choices` */
	TYPE_PAIRS,  /* NAME=VALUE, repeatable; in a file name.NAME = VALUE */
};

struct setting {
	enum setting_id id;
	const char *name; /* long option and configuration key; P11BEARER_NAME in the environment */
	char letter;      /* short option or 0 */
	enum setting_type type;
	enum setting_group group;
	bool option_only; /* not known to configuration files and environment */
	enum pasted_kind pasted; /* what is checked for traces of copying */
	const char *argument; /* what --help calls the value */
	const char *fallback; /* default, or NULL */
	const char *help;
	long min, max;       /* TYPE_NUMBER */
	const char *choices; /* TYPE_CHOICE, and TYPE_NUMBER unless NULL; separated by | */
};

/* Indexed by setting_id; entry 0 is not used. */
extern const struct setting settings_table[SETTING_COUNT];

/* Who set a value; a higher one wins. Within a file the profile's section wins over [default]. */
enum layer {
	LAYER_NONE,
	LAYER_SYSTEM,
	LAYER_SYSTEM_PROFILE,
	LAYER_USER,
	LAYER_USER_PROFILE,
	LAYER_ENVIRONMENT,
	LAYER_OPTION
};

/* A value and who set it. */
struct value {
	char *name; /* of a pair, else NULL */
	char *text;
	size_t locked; /* bytes of `text` in locked memory, where it is if it holds a PIN; else 0 */
	char *origin; /* "option --bits", "section [prod] of /etc/p11bearer.conf, key bits" */
	enum layer layer;
};

struct values {
	struct value *list;
	size_t count;
};

/* A profile that was not chosen, and what it sets. */
struct profile {
	char *name;
	bool sets[SETTING_COUNT];
};

struct profiles {
	struct profile *list;
	size_t count;
};

struct settings {
	struct values values[SETTING_COUNT];
	long numbers[SETTING_COUNT]; /* of flags, numbers and choices, or their defaults */
	struct profiles profiles; /* that nobody chose */
	char *refused_url;        /* that made settings_load fail, or NULL */
	char **operands;
	int operand_count;
};

/* Checks `text` as a value of `setting` that `layer` gives; for TYPE_PAIRS it is the pair's value. *number is set for a
 * flag (0 or 1), a number, and a choice (its index). Fails with ERROR_USAGE for an option, else with ERROR_CONFIG; the
 * message begins with `origin` ("option --bits", …). */
int value_parse(const struct setting *setting, const char *text, const char *origin, enum layer layer, long *number,
		struct error *error);

/* Where a PIN begins in a text that may be a key's URI (pin-value), of whatever form; NULL if there is none. */
char *settings_find_pin(char *text);

/* Sets a value, checked and copied; a value of a higher layer stays. For TYPE_PAIRS `name` is the pair's name. */
int settings_set(struct settings *settings, const struct setting *setting, const char *name, const char *text,
		 enum layer layer, const char *origin, struct error *error);

/* Sets a pair from its form NAME=VALUE, otherwise as settings_set. */
int settings_set_pair(struct settings *settings, const struct setting *setting, const char *text, enum layer layer,
		      const char *origin, struct error *error);

/* Adds an operand, which is copied. */
int settings_add_operand(struct settings *settings, const char *text, struct error *error);

/* The rest of settings_load, one source each. */
int options_read(struct settings *settings, const struct settings_usage *usage, int argc, char **argv,
		 struct error *error);
int environment_read(struct settings *settings, struct error *error);
int files_read(struct settings *settings, struct error *error);

/* Notes a profile that was not chosen and, unless NULL, that it sets `setting`. */
int profile_note(struct settings *settings, const char *name, const struct setting *setting, struct error *error);
void profiles_free(struct profiles *profiles);

/* Fails with ERROR_CONFIG: no file has the profile that was chosen. Names those that it may be a slip of. */
int profile_missing(const struct settings *settings, const char *name, struct error *error);

/* Whether the command takes the setting. */
bool usage_takes(const struct settings_usage *usage, const struct setting *setting);

/* Whether configuration files know the setting as a key (for TYPE_PAIRS: as the beginning of one). */
bool setting_is_key(const struct setting *setting);

#endif
