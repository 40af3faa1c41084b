/* SPDX-License-Identifier: Apache-2.0 */
/* Ids written as other tools show them, 01a2 or 01:a2. RFC 7512 reads them as the bytes of these characters. */
#include "p11/p11.h"
#include "p11/uri.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ID_BYTES_MOST = 65 }; /* one more than an id that a hint spells out */

/* The id in a URI's path; NULL if it has no id. */
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

/* Separators in or around an id: any punctuation and blanks; if encoded, only the usual ones. */
static bool is_separator(const char *text, size_t length)
{
	int byte = encoded(text, length);

	return byte > 0 ? strchr(":-._, \"'", byte) != NULL :
			  ispunct((unsigned char)*text) || isspace((unsigned char)*text);
}

/* The length of a prefix of hexadecimal digits: 0x, \x or x. */
static size_t prefix(const char *text, size_t length)
{
	size_t x = length > 2 && (text[0] == '0' || text[0] == '\\') ? 1 : 0;

	return length > x + 1 && tolower((unsigned char)text[x]) == 'x' && isxdigit((unsigned char)text[x + 1]) ? x + 1
														: 0;
}

static size_t count_digits(const char *text, size_t length)
{
	size_t digits = 0;

	while (digits < length && isxdigit((unsigned char)text[digits]))
		digits++;
	return digits;
}

/* Appends hexadecimal digits as %XX to `meant`, which has *bytes already; an odd number of digits lacks the first
 * one. */
static void add_bytes(const char *digits, size_t count, char *meant, size_t *bytes)
{
	for (size_t i = 0; i < count && *bytes < ID_BYTES_MOST; ++*bytes) {
		bool pair = (count - i) % 2 == 0;

		sprintf(meant + 3 * *bytes, "%%%c%c", pair ? digits[i] : '0', pair ? digits[i + 1] : digits[i]);
		i += pair ? 2 : 1;
	}
}

/* Writes the id that is most likely meant, %XX for each byte; false if the text is not made of digits, or is correct as
 * it is. */
static bool meant_id(const char *text, size_t length, char meant[3 * ID_BYTES_MOST + 1])
{
	bool plain = false; /* it has something that is not %XX */
	size_t bytes = 0, digits;

	for (size_t i = 0; i < length;) {
		size_t step = encoded(text + i, length - i) >= 0 ? 3 : 1;

		i += prefix(text + i, length - i);
		digits = count_digits(text + i, length - i);
		if (digits > 0) {
			add_bytes(text + i, digits, meant, &bytes);
			i += digits;
			if (i < length && tolower((unsigned char)text[i]) == 'h') /* as assemblers write it */
				i++;
			plain = true;
		} else if (is_separator(text + i, length - i)) {
			i += step;
			plain |= step == 1;
		} else if (step == 3) {
			add_bytes(text + i + 1, 2, meant, &bytes);
			i += step;
		} else {
			return false;
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
	error_hint(error, "a digit without %% is a character, which makes id=%.*s %zu byte%s long; did you mean id=%s?",
		   (int)length, id, bytes, bytes == 1 ? "" : "s", meant);
}
