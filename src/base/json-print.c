/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <string.h>

enum { DEEPEST = 16 }; /* levels of indentation */

/* Levels beyond the deepest are not indented further: a small text of many levels would become a huge one. */
static int append_line(struct secret *indented, size_t depth)
{
	int result = secret_append(indented, "\n", 1);

	for (size_t i = 0; i < depth && i < DEEPEST && result == 0; i++)
		result = secret_append(indented, "  ", 2);
	return result;
}

/* The string between the quotes is redacted. Escapes stay whole. */
static int append_token(struct secret *indented, const char *text, size_t length, struct redactor *redactor)
{
	size_t begin = secret_length(indented) + 1;
	char *copy = secret_extend(indented, length);

	if (copy == NULL)
		return -1;
	memcpy(copy, text, length);
	if (*text != '"' || redactor == NULL)
		return 0;
	secret_truncate(indented, begin + redact_bytes(redactor, copy + 1, length - 2));
	return secret_append(indented, "\"", 1);
}

int json_indent(struct secret *indented, const char *text, struct redactor *redactor)
{
	size_t depth = 0;
	int result = 0;

	for (text += json_blanks(text); *text != '\0' && result == 0;) {
		size_t length = json_token(text);
		const char *next = text + length + json_blanks(text + length);
		bool opens = *text == '[' || *text == '{';

		if (*text == ']' || *text == '}')
			result = append_line(indented, --depth);
		result |= append_token(indented, text, length, redactor);
		if (*text == ':')
			result |= secret_append(indented, " ", 1);
		if (opens && (*next == ']' || *next == '}')) { /* empty */
			result |= secret_append(indented, next, 1);
			next += 1 + json_blanks(next + 1);
		} else if (opens) {
			result |= append_line(indented, ++depth);
		} else if (*text == ',') {
			result |= append_line(indented, depth);
		}
		text = next;
	}
	return result;
}
