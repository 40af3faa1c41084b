/* SPDX-License-Identifier: Apache-2.0 */
#include "base/view.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* Ways to write a character as a number, with at least `least` and at most `most` digits. The character at the end
 * is optional, but is part of the escape if it is there. */
static const struct escape {
	const char *begin; /* in upper or lower case */
	size_t least, most;
	int base;
	char end;     /* or 0 */
	bool visible; /* only for a letter or digit, because what looks like this escape often is not one */
} escapes[] = {
	/* URLs */
	{ "%u", 4, 4, 16, 0, false },
	{ "%", 2, 2, 16, 0, false },
	/* JSON and programming languages */
	{ "\\u{", 1, 8, 16, '}', false },
	{ "\\x{", 1, 8, 16, '}', false },
	{ "\\U", 8, 8, 16, 0, true },
	{ "\\u", 4, 4, 16, 0, false },
	{ "\\x", 2, 2, 16, 0, false },
	{ "\\", 3, 3, 8, 0, true },
	{ "\\", 2, 2, 16, 0, true }, /* LDAP (RFC 4514), CSS */
	/* HTML */
	{ "&#x", 1, 16, 16, ';', false },
	{ "&#", 1, 16, 10, ';', false },
	/* quoted-printable, and lists of bytes */
	{ "=", 2, 2, 16, 0, true },
	{ "0x", 2, 2, 16, 0, true },
	{ "U+", 4, 6, 16, 0, true },
};

enum { ENTITY_MAX = 12 }; /* characters of a name in HTML */

static bool is_letter_or_digit(char character)
{
	return (unsigned char)character < 0x80 && isalnum((unsigned char)character);
}

static bool starts_with(const struct unit *units, size_t left, const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i == left || tolower((unsigned char)units[i].character) != tolower((unsigned char)text[i]))
			return false;
	}
	return true;
}

/* Returns -1 if it is not a digit. */
static int digit_value(char character, int base)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = character != '\0' ? strchr(digits, tolower((unsigned char)character)) : NULL;

	return found != NULL && found - digits < base ? (int)(found - digits) : -1;
}

/* Returns the number of characters of the whole escape, or 0 if it is not this escape. */
static size_t decode_number(const struct escape *escape, const struct unit *units, size_t left, unsigned long *value)
{
	size_t used = strlen(escape->begin), digits = 0;

	*value = 0;
	if (!starts_with(units, left, escape->begin))
		return 0;
	for (; digits < escape->most && used < left; digits++, used++) {
		int digit = digit_value(units[used].character, escape->base);

		if (digit < 0)
			break;
		*value = *value * (unsigned long)escape->base + (unsigned long)digit;
	}
	if (digits < escape->least)
		return 0;
	return used + (escape->end != 0 && used < left && units[used].character == escape->end);
}

/* The short escapes of JSON, such as \/ and \n. */
static size_t decode_short(const struct unit *units, size_t left, char *character)
{
	if (units[0].character != '\\' || left < 2 || units[1].character == '\0')
		return 0;
	if (strchr("\\/\"'", units[1].character) != NULL)
		*character = units[1].character;
	else if (strchr("bfnrt", units[1].character) != NULL)
		*character = ' ';
	else
		return 0;
	return 2;
}

/* &amp; and other names of HTML, which stand for neither letters nor digits. */
static size_t decode_name(const struct unit *units, size_t left, char *character)
{
	size_t length = 0;

	if (units[0].character != '&')
		return 0;
	while (length < ENTITY_MAX && 1 + length < left && is_letter_or_digit(units[1 + length].character))
		length++;
	if (1 + length >= left || units[1 + length].character != ';')
		return 0;
	*character = length == 3 && units[1].character == 'a' && units[2].character == 'm' ? '&' : ' ';
	return length + 2;
}

/* Characters other than visible ASCII become blanks. */
static size_t decode(const struct unit *units, size_t left, char *character)
{
	size_t used;

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		unsigned long value;
		bool visible;

		used = decode_number(&escapes[i], units, left, &value);
		visible = value > ' ' && value < 0x7f;
		if (used == 0 || (escapes[i].visible && !visible))
			continue;
		*character = ' ';
		if (visible)
			*character = (char)value;
		return used;
	}
	used = decode_short(units, left, character);
	return used > 0 ? used : decode_name(units, left, character);
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

void view_free(struct view *view)
{
	if (view->units != NULL)
		OPENSSL_cleanse(view->units, view->length * sizeof(*view->units));
	if (view->plain != NULL)
		OPENSSL_cleanse(view->plain, view->length);
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
		.length = length,
		.count = length,
	};
	if (length >= UINT32_MAX || view->units == NULL || view->plain == NULL || view->where == NULL) {
		view_free(view);
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
		char character = view->units[i].character;

		if (!is_letter_or_digit(character))
			continue;
		view->where[view->plain_count] = (uint32_t)i;
		view->plain[view->plain_count++] = (char)tolower((unsigned char)character);
	}
}
