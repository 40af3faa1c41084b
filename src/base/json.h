/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text that must keep every character. cJSON parses and prints JSON, but its numbers are doubles, which round, and
 * cJSON_Minify mistakes the end of a string such as "a\\" for an escaped quote. */
#ifndef P11BEARER_BASE_JSON_H
#define P11BEARER_BASE_JSON_H

#include "base/error.h"
#include "base/redact.h"
#include "base/secret.h"

#include <stdbool.h>

struct cJSON;

/* Whether a text that cJSON has parsed conforms to RFC 8259. cJSON also accepts numbers such as 007 and 1., control
 * characters, bytes that are not UTF-8, and a byte-order mark. Strings that contain a NUL (\u0000) count as wrong. */
bool json_is_strict(const char *text);

/* Checks that `text`, which cJSON parsed to `root`, is strict, and that no object names a member twice, because parsers
 * disagree on which one counts. Fails with `class`; `what` begins the message. */
int json_strict(const char *text, const struct cJSON *root, enum error_class class, const char *what,
		struct error *error);

/* Whether an object names a member twice, at any depth; `name` then receives the name, cleaned for a message. Names are
 * compared after unescaping. `root` may be NULL. */
enum { JSON_NAME_SIZE = 100 };
bool json_repeats(const struct cJSON *root, char name[JSON_NAME_SIZE]);

/* Removes the whitespace between the tokens of a strict text, in place. Numbers and strings keep every character. */
void json_compact(char *text);

/* Iterates over the members of an object in a strict text. *rest starts after the object's brace and is advanced. Sets
 * *value to the value of the next member and terminates it there. Returns false if there are no more members. */
bool json_member(char **rest, char **value);

/* Append a strict text, json_indent on several lines with two spaces per level, json_line on one. Numbers and
 * strings keep every character, except that characters which mislead a reader (text_misleads) are escaped, and that
 * json_indent redacts strings unless `redactor` is NULL. Return 0, or -1 if memory is exhausted. */
int json_indent(struct secret *json, const char *text, struct redactor *redactor);
int json_line(struct secret *json, const char *text);

/* Appends text printed by cJSON, escaped in the same way; bytes that are not UTF-8 become U+FFFD. Returns 0, or -1 if
 * memory is exhausted. */
int json_escape(struct secret *json, const char *text);

/* The length of the whitespace at `text`, and of the token there; 0 if there is no token. */
size_t json_blanks(const char *text);
size_t json_token(const char *text);

#endif
