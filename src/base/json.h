/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text taken over as it is. cJSON parses and makes all JSON; but its numbers are doubles, which round, and
 * cJSON_Minify takes the end of a string such as "a\\" for an escaped quote. */
#ifndef P11BEARER_BASE_JSON_H
#define P11BEARER_BASE_JSON_H

#include "base/error.h"
#include "base/redact.h"
#include "base/secret.h"

#include <stdbool.h>

/* Checks that `text`, a JSON value that cJSON has parsed, is one by RFC 8259 too: cJSON takes numbers such as 007 and
 * 1., control characters, bytes that are not UTF-8 and a byte-order mark. A string with a NUL in it (\u0000) is refused as
 * well, and an object that names a member twice: which of the two counts, readers do not agree on. Fails with `class`;
 * `what` begins the message. */
int json_check(const char *text, enum error_class class, const char *what, struct error *error);

/* Whether an object in the text, at any depth, names a member twice; then `name` is the name, for a message. Escapes
 * make no difference. Text that is not JSON does not. */
enum { JSON_NAME_SIZE = 100 };
bool json_repeats(const char *text, char name[JSON_NAME_SIZE]);

/* Takes the blanks between the tokens out of a strict text. Numbers and strings keep every character. */
void json_compact(char *text);

/* The members of an object in a strict text, one after another: sets *value to the text of the next one's value,
 * which is cut off there. *rest begins behind the object's brace, and is moved on. False: there are no more. */
bool json_member(char **rest, char **value);

/* Append a strict text: with line ends and two blanks a level; in one line. Numbers keep every character, and strings
 * too, except that characters which mislead a reader (text_misleads) are escaped, and that json_indent redacts strings (NULL:
 * none). Return 0, or -1 when memory is out. */
int json_indent(struct secret *json, const char *text, struct redactor *redactor);
int json_line(struct secret *json, const char *text);

/* Appends what cJSON printed, escaped in the same way; bytes that are not UTF-8 become U+FFFD. Returns 0, or -1 if memory is
 * out. */
int json_escape(struct secret *json, const char *text);

/* The length of the blanks at `text`; of the token there, 0 if there is no token. */
size_t json_blanks(const char *text);
size_t json_token(const char *text);

#endif
