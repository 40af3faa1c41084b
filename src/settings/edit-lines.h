/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to settings/edit*.c and config-syntax.c: where the lines and values of a configuration file are. It is read
 * as OpenSSL reads it (config(5)). */
#ifndef P11BEARER_SETTINGS_EDIT_LINES_H
#define P11BEARER_SETTINGS_EDIT_LINES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A range of bytes. */
struct range {
	size_t from, to;
};

/* Where a section has a key, or could have it. */
struct spot {
	bool has_section;
	bool has_key;
	struct range line;   /* the last one that sets the key, with its line end */
	struct range value;  /* the value in it, with its quotes */
	size_t end;          /* of the section's last line that is neither empty nor a comment */
	struct range indent; /* the blanks before it */
	bool has_line_end;   /* it has one */
	bool goes_on;        /* it would go on in the next line, but the file ends */
};

/* Finds the key in the section. Fails if memory is exhausted. */
int spot_find(const char *text, size_t length, const char *section, const char *key, struct spot *spot,
	      struct error *error);

/* Sets *number to the line of the first comment behind a value, which OpenSSL would cut off without a word; 0: there is
 * none. Fails if memory is exhausted. */
int comment_find(const char *text, size_t length, long *number, struct error *error);

#endif
