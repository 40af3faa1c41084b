/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <openssl/asn1.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_control(unsigned long character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* Characters that are invisible, that change the direction of writing, or that some programs treat as a line end. */
static bool is_hidden(unsigned long character)
{
	static const struct {
		unsigned long first, last;
	} ranges[] = {
		{ 0xad, 0xad },	      /* soft hyphen */
		{ 0x34f, 0x34f },     /* combining grapheme joiner */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
		{ 0x180e, 0x180e },   /* Mongolian vowel separator */
		{ 0x200b, 0x200f },   /* zero width space, joiners, left-to-right and right-to-left mark */
		{ 0x2028, 0x202e },   /* line and paragraph separator, embeddings and overrides */
		{ 0x2060, 0x206f },   /* word joiner, isolates, deprecated format characters */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xfeff, 0xfeff },   /* byte-order mark */
		{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
		{ 0xfff9, 0xfffb },   /* interlinear annotations */
		{ 0xe0000, 0xe0fff }, /* tags and variation selectors */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

bool text_misleads(unsigned long character)
{
	return is_control(character) || is_hidden(character);
}

void text_clean(char *text, const char *kept)
{
	size_t left = strlen(text);

	while (left > 0) {
		unsigned long character = 0;
		int used = UTF8_getc((const unsigned char *)text, (int)left, &character);
		bool good = used > 0 && !text_misleads(character);

		if (used <= 0)
			used = 1;
		if (!good && strchr(kept, *text) == NULL)
			memset(text, '?', (size_t)used);
		text += used;
		left -= (size_t)used;
	}
}

/* A URI may be in the wrong place, such as where a file name belongs, and nobody expects a PIN there. */
static void hide_pins(char *text)
{
	static const char attribute[] = "pin-value=";

	while ((text = strcasestr(text, attribute)) != NULL) {
		size_t length, shown;

		text += strlen(attribute);
		length = strcspn(text, " \n\"'");
		while (length > 0 && strchr(":,)]", text[length - 1]) != NULL)
			length--; /* part of the surrounding sentence */
		shown = length < 3 ? length : 3;
		memset(text, '*', shown);
		memmove(text + shown, text + length, strlen(text + length) + 1);
	}
}

void text_line(char *text)
{
	hide_pins(text);
	for (char *next = text; (next = strchr(next, '\n')) != NULL;)
		*next = ' ';
	text_clean(text, "");
}

void text_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

void text_lower(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
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
