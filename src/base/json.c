/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

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
		if (length == 0 || (unsigned char)*text >= 0x80)
			return false;
		memmove(to, text, length);
		to += length;
		text += length;
	}
	*to = '\0';
	return true;
}

static int append_line(struct secret *indented, size_t depth)
{
	int result = secret_append(indented, "\n", 1);

	while (depth-- > 0 && result == 0)
		result = secret_append(indented, "  ", 2);
	return result;
}

int json_indent(struct secret *indented, const char *text)
{
	size_t depth = 0;
	int result = 0;

	while (*text != '\0' && result == 0) {
		size_t length = *text == '"' ? string_length(text) : 1;
		const char *next = text + length;

		next += strspn(next, " \t\r\n");
		if (strchr("]}", *text) != NULL)
			result = append_line(indented, --depth);
		if (result == 0 && strchr(" \t\r\n", *text) == NULL)
			result = secret_append(indented, text, length);
		if (*text == ':')
			result |= secret_append(indented, " ", 1);
		if (strchr("[{", *text) != NULL && strchr("]}", *next) != NULL) {
			result |= secret_append(indented, next++, 1); /* empty */
		} else if (strchr("[{", *text) != NULL) {
			result |= append_line(indented, ++depth);
		} else if (*text == ',') {
			result |= append_line(indented, depth);
		}
		text = next;
	}
	return result;
}
