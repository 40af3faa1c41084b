/* SPDX-License-Identifier: Apache-2.0 */
#include "base/view.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ENTITY_MAX = 12 }; /* of HTML, such as &#x0041; */

#define LETTERS_AND_DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Reads up to `most` hexadecimal digits; returns how many. */
static size_t read_hex(const struct unit *units, size_t left, size_t most, unsigned long *value)
{
	size_t used = 0;

	*value = 0;
	for (; used < most && used < left && isxdigit((unsigned char)units[used].character); used++) {
		const char digit[] = { units[used].character, '\0' };

		*value = *value * 16 + strtoul(digit, NULL, 16);
	}
	return used;
}

static char narrow(unsigned long value)
{
	if (value <= ' ' || value >= 0x7f)
		return ' ';
	return (char)value;
}

/* %41 \x41 \u0041, and the short escapes of JSON. */
static size_t decode_fixed(const struct unit *units, size_t left, char *character)
{
	bool percent = units[0].character == '%';
	size_t skipped = percent ? 1 : 2, digits = 2;
	unsigned long value;

	if (!percent && left >= 2 && strchr("\\/\"bfnrt", units[1].character) != NULL && units[1].character != '\0') {
		*character = ' ';
		if (strchr("bfnrt", units[1].character) == NULL)
			*character = units[1].character;
		return 2;
	}
	if (!percent && (left < 2 || (units[1].character != 'u' && units[1].character != 'x')))
		return 0;
	if (!percent && units[1].character == 'u')
		digits = 4;
	if (left < skipped + digits || read_hex(units + skipped, left - skipped, digits, &value) < digits)
		return 0;
	*character = narrow(value);
	return skipped + digits;
}

/* &#65; &#x41; and names, which are of no letter or digit. */
static size_t decode_entity(const struct unit *units, size_t left, char *character)
{
	char name[ENTITY_MAX + 1];
	size_t length = 0;

	while (length < ENTITY_MAX && 1 + length < left && units[1 + length].character != ';') {
		name[length] = units[1 + length].character;
		length++;
	}
	name[length] = '\0';
	if (1 + length >= left || units[1 + length].character != ';' ||
	    strspn(name + (name[0] == '#'), LETTERS_AND_DIGITS) != length - (name[0] == '#'))
		return 0;
	if (strncasecmp(name, "#x", 2) == 0)
		*character = narrow(strtoul(name + 2, NULL, 16));
	else if (name[0] == '#')
		*character = narrow(strtoul(name + 1, NULL, 10));
	else
		*character = strcmp(name, "amp") == 0 ? '&' : ' ';
	return length + 2;
}

static size_t decode(const struct unit *units, size_t left, char *character)
{
	switch (units[0].character) {
	case '%':
	case '\\':
		return decode_fixed(units, left, character);
	case '&':
		return decode_entity(units, left, character);
	default:
		return 0;
	}
}

bool view_unescape(struct view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->count;) {
		struct unit unit = view->units[i];
		size_t used = decode(view->units + i, view->count - i, &unit.character);

		if (used == 0)
			used = 1;
		unit.end = view->units[i + used - 1].end;
		for (size_t j = i; j < i + used; j++)
			unit.marked |= view->units[j].marked;
		view->units[count++] = unit;
		i += used;
	}
	if (count == view->count)
		return false;
	view->count = count;
	return true;
}

void view_free(struct view *view, size_t length)
{
	if (view->units != NULL)
		OPENSSL_cleanse(view->units, length * sizeof(*view->units));
	if (view->plain != NULL)
		OPENSSL_cleanse(view->plain, length);
	free(view->units);
	free(view->plain);
	free(view->where);
}

bool view_make(struct view *view, const char *text, size_t length)
{
	*view = (struct view){
		.units = calloc(length + 1, sizeof(*view->units)),
		.plain = calloc(length + 1, 1),
		.where = calloc(length + 1, sizeof(*view->where)),
		.count = length,
	};
	if (length >= UINT32_MAX || view->units == NULL || view->plain == NULL || view->where == NULL) {
		view_free(view, 0);
		return false;
	}
	for (size_t i = 0; i < length; i++)
		view->units[i] = (struct unit){ (uint32_t)i, (uint32_t)i + 1, text[i], false };
	return true;
}

void view_squeeze(struct view *view)
{
	view->plain_count = 0;
	for (size_t i = 0; i < view->count; i++) {
		unsigned char character = (unsigned char)view->units[i].character;

		if (character >= 0x80 || !isalnum(character))
			continue;
		view->where[view->plain_count] = (uint32_t)i;
		view->plain[view->plain_count++] = (char)tolower(character);
	}
}
