/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text taken over as it is. cJSON parses and makes all JSON; but its numbers are doubles, which round, and
 * cJSON_Minify takes the end of a string such as "a\\" for an escaped quote. */
#ifndef P11BEARER_BASE_JSON_H
#define P11BEARER_BASE_JSON_H

#include "base/secret.h"

#include <stdbool.h>

/* Takes the blanks between the tokens out of `text`, a JSON value that cJSON has parsed. False when it is none by RFC 8259
 * after all: cJSON takes the numbers 007 and 1. and a byte-order mark too. Numbers and strings keep every character. */
bool json_compact(char *text);

/* Appends `text`, a JSON value that cJSON has parsed, with line ends and two blanks a level; numbers and strings keep every
 * character. Returns 0, or -1 when memory is out. */
int json_indent(struct secret *indented, const char *text);

#endif
