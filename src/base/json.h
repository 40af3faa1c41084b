/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text taken over as it is. cJSON parses and makes all JSON; but its numbers are doubles, which round, and
 * cJSON_Minify takes the end of a string such as "a\\" for an escaped quote. */
#ifndef P11BEARER_BASE_JSON_H
#define P11BEARER_BASE_JSON_H

#include "base/redact.h"
#include "base/secret.h"

#include <stdbool.h>

/* Whether `text`, a JSON value that cJSON has parsed, is one by RFC 8259 too: cJSON takes numbers such as 007 and 1.,
 * control characters, bytes that are no UTF-8 and a byte-order mark. A string with a NUL in it (\u0000) is refused as
 * well. */
bool json_is_strict(const char *text);

/* Takes the blanks between the tokens out of a strict text. Numbers and strings keep every character. */
void json_compact(char *text);

/* The members of an object in a strict text, one after another: sets *value to the text of the next one's value,
 * which is cut off there. *rest begins behind the object's brace, and is moved on. False: there are no more. */
bool json_member(char **rest, char **value);

/* Appends a strict text with line ends and two blanks a level; numbers and strings keep every character, but for strings
 * that are redacted (NULL: none is). Returns 0, or -1 when memory is out. */
int json_indent(struct secret *indented, const char *text, struct redactor *redactor);

/* Length of the blanks at `text`; of the token there, 0 when it is none. */
size_t json_blanks(const char *text);
size_t json_token(const char *text);

#endif
