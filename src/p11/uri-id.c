/* SPDX-License-Identifier: Apache-2.0 */
/* Ids that are written as other tools show them, 01a2 or 01:a2, which RFC 7512 takes for the bytes of these characters. */
#include "p11/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ID_BYTES_MOST = 64 }; /* of an id that a hint spells out */

/* The id in a URI's path; NULL if there is none. */
static const char *find_id(const char *text, size_t *length)
{
	static const char name[] = "id=";

	text += strcspn(text, ":");
	while (*text == ':' || *text == ';') {
		text++;
		*length = strcspn(text, ";?");
		if (strncmp(text, name, strlen(name)) == 0) {
			*length -= strlen(name);
			return text + strlen(name);
		}
		text += *length;
	}
	return NULL;
}

/* The byte that %XX stands for, or -1. */
static int encoded(const char *text, size_t length)
{
	unsigned byte;

	if (length < 3 || text[0] != '%' || !isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
		return -1;
	return sscanf(text + 1, "%2x", &byte) == 1 ? (int)byte : -1;
}

static bool is_separator(int byte)
{
	return byte > 0 && strchr(":-._, ", byte) != NULL;
}

/* How many characters before hexadecimal digits say that they are some: 0x or \x. */
static size_t prefix(const char *text, size_t length)
{
	return length > 2 && (text[0] == '0' || text[0] == '\\') && tolower((unsigned char)text[1]) == 'x' ? 2 : 0;
}

/* Writes the id that is meant, %XX for each byte, into `meant`; false if the text is none of digits, or means what it says. */
static bool meant_id(const char *text, size_t length, char meant[3 * ID_BYTES_MOST + 1])
{
	bool plain = false; /* it has something that is not %XX */
	size_t bytes = 0, next;

	for (size_t i = 0; i < length; i = next) {
		size_t digits = 0;

		i += prefix(text + i, length - i);
		while (i + digits < length && isxdigit((unsigned char)text[i + digits]))
			digits++;
		next = i + (digits > 0 ? digits : encoded(text + i, length - i) >= 0 ? 3 : 1);
		if (digits == 0 && is_separator(next == i + 1 ? text[i] : encoded(text + i, length - i))) {
			plain |= next == i + 1;
			continue;
		}
		if (digits == 0 && next == i + 1)
			return false;
		plain |= digits > 0;
		/* An odd number of digits lacks the first one. */
		for (size_t j = i + (digits == 0 ? 1 : 0); j < next && bytes < ID_BYTES_MOST; bytes++) {
			bool pair = (next - j) % 2 == 0;

			sprintf(meant + 3 * bytes, "%%%c%c", pair ? text[j] : '0', pair ? text[j + 1] : text[j]);
			j += pair ? 2 : 1;
		}
	}
	return plain && bytes > 0 && bytes < ID_BYTES_MOST;
}

void p11_uri_hint_id(const char *text, struct error *error)
{
	char meant[3 * ID_BYTES_MOST + 1];
	size_t length, bytes;
	const char *id = find_id(text, &length);

	if (id == NULL || !meant_id(id, length, meant))
		return;
	bytes = length;
	for (size_t i = 0; i < length; i++)
		bytes -= encoded(id + i, length - i) >= 0 ? 2 : 0;
	error_hint(error, "a digit without %% is a character, which makes id=%.*s %zu byte%s long; did you mean id=%s?", (int)length,
		   id, bytes, bytes == 1 ? "" : "s", meant);
}
