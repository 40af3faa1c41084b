/* SPDX-License-Identifier: Apache-2.0 */
/* Why not cJSON: its numbers are doubles, which round; cJSON_Minify takes the end of "a\\" for an escaped quote. */
#include "jwt/compact.h"

#include <string.h>

#define DIGITS "0123456789"

/* Length of the number at `text`, or 0 when it is none. */
static size_t number_length(const char *text)
{
	const char *next = text + (*text == '-');
	size_t digits = strspn(next, DIGITS);

	if (digits == 0 || (*next == '0' && digits > 1))
		return 0;
	next += digits;
	if (*next == '.') {
		digits = strspn(next + 1, DIGITS);
		if (digits == 0)
			return 0;
		next += 1 + digits;
	}
	if (*next == 'e' || *next == 'E') {
		next++;
		next += *next == '+' || *next == '-';
		digits = strspn(next, DIGITS);
		if (digits == 0)
			return 0;
		next += digits;
	}
	return (size_t)(next - text);
}

/* Length of the string at `text`, its quotes included. */
static size_t string_length(const char *text)
{
	size_t length = 1;

	while (text[length] != '"' && text[length] != '\0')
		length += text[length] == '\\' && text[length + 1] != '\0' ? 2 : 1;
	return length + (text[length] == '"');
}

bool json_compact(char *text)
{
	char *to = text;

	while (*text != '\0') {
		size_t length = 1;

		if (strchr(" \t\r\n", *text) != NULL) {
			text++;
			continue;
		}
		if (*text == '"')
			length = string_length(text);
		else if (*text == '-' || strchr(DIGITS, *text) != NULL)
			length = number_length(text);
		if (length == 0)
			return false;
		memmove(to, text, length);
		to += length;
		text += length;
	}
	*to = '\0';
	return true;
}
