/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <openssl/asn1.h>
#include <stdbool.h>
#include <string.h>

static bool is_control(unsigned long character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* U+200E, U+202A and the like: they make a terminal show text in another order than it has. */
static bool is_direction(unsigned long character)
{
	return character == 0x200e || character == 0x200f || (character >= 0x202a && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

void text_clean(char *text, const char *kept)
{
	size_t left = strlen(text);

	while (left > 0) {
		unsigned long character = 0;
		int used = UTF8_getc((const unsigned char *)text, (int)left, &character);
		bool good = used > 0 && !is_control(character) && !is_direction(character);

		if (used <= 0)
			used = 1;
		if (!good && strchr(kept, *text) == NULL)
			memset(text, '?', (size_t)used);
		text += used;
		left -= (size_t)used;
	}
}

const char *text_fault(const char *text)
{
	size_t left = strlen(text);
	unsigned long character;

	if (left == 0)
		return "is empty";
	while (left > 0) {
		int used = UTF8_getc((const unsigned char *)text, (int)left, &character);

		if (used <= 0)
			return "is not UTF-8";
		if (is_control(character))
			return "holds a control character";
		text += used;
		left -= (size_t)used;
	}
	return NULL;
}
