/* SPDX-License-Identifier: Apache-2.0 */
/* What an unfinished command line can be completed with, as far as the table of settings tells. */
#ifndef P11BEARER_SETTINGS_COMPLETE_H
#define P11BEARER_SETTINGS_COMPLETE_H

#include "settings/settings.h"

/* What a value or an operand is. */
enum settings_what {
	WHAT_TEXT,    /* any text; settings_values may offer some */
	WHAT_FILE,
	WHAT_FOLDER,
	WHAT_KEY,     /* a URI */
	WHAT_PROFILE,
	WHAT_SERVER,
	WHAT_SOURCE,  /* of a secret; or a target of the audit, whose files are named in the same way */
	WHAT_ACTION,  /* of a credential helper */
	WHAT_PAIR,    /* NAME=VALUE */
	WHAT_OPTION,  /* neither: the word is the name of an option */
	WHAT_COMMAND, /* it belongs to the command line that the command executes */
};

/* The unfinished word of a command line, and what stands before it. Texts are those of the command line. */
struct settings_word {
	enum settings_what what;
	enum setting_id id; /* of a value; else SETTING_NONE */
	size_t start;       /* of the value in the word: that of "RS256" in "--alg=RS256" */
	size_t command;     /* WHAT_COMMAND: which word is the first of the command line */
	const char *given[SETTING_COUNT]; /* the settings that earlier words give; the last value of each */
};

/* Finds out what the last one of `count` words, which follow the command's name, is. There is at least that one. */
void settings_read_word(const struct settings_usage *usage, const char *const *words, size_t count,
			struct settings_word *word);

/* Offers a text in place of the unfinished word, or of the value in it. */
typedef void settings_offer(void *context, const char *text, const char *description);

/* Offers the options of the command that may follow; `typed` is the unfinished word. */
void settings_options(const struct settings_usage *usage, const struct settings_word *word, const char *typed,
		      settings_offer *offer, void *context);

/* Offers the values of a setting that the table knows. */
void settings_values(enum setting_id id, settings_offer *offer, void *context);

#endif
