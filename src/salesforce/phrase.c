/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/phrase.h"

#include <stddef.h>
#include <string.h>

/* Bytes of the apostrophe that begins the text; 0: none does. */
static size_t apostrophe(const char *text)
{
	static const char *const all[] = { "'", "`", "\u2018", "\u2019", "\u02bc", "\u00b4", "\u2032", "\uff07" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strncmp(text, all[i], strlen(all[i])) == 0)
			return strlen(all[i]);
	}
	return 0;
}

/* The words of the text in lower case, one blank between them. `plain` has room for PHRASE_TEXT_MOST + 1. */
static void simplify(const char *text, char *plain)
{
	size_t used = 0, skip;

	while (*text != '\0' && used < PHRASE_TEXT_MOST) {
		bool upper = *text >= 'A' && *text <= 'Z';

		if ((skip = apostrophe(text)) > 0) {
			text += skip;
			continue;
		}
		if (upper || (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9'))
			plain[used++] = upper ? (char)(*text - 'A' + 'a') : *text;
		else if (used > 0 && plain[used - 1] != ' ')
			plain[used++] = ' ';
		text++;
	}
	plain[used] = '\0';
}

static const char *next_word(const char *text)
{
	text += strcspn(text, " ");
	return *text == ' ' ? text + 1 : text;
}

/* Whether the word that begins the text is one of the `length` bytes at `wanted`. */
static bool is_word(const char *wanted, size_t length, const char *text)
{
	const char *end = wanted + length;
	size_t word = strcspn(text, " ");

	while (wanted < end) {
		size_t one = strcspn(wanted, "/ |");
		bool prefix = one > 0 && wanted[one - 1] == '*';
		size_t letters = prefix ? one - 1 : one;

		if ((prefix ? word >= letters : word == letters) && strncmp(wanted, text, letters) == 0)
			return true;
		wanted += one + 1;
	}
	return false;
}

/* Whether the text, from here on, goes as the phrase does. */
static bool goes_on(const char *phrase, const char *text)
{
	size_t length = strcspn(phrase, " |");
	const char *rest = phrase[length] == ' ' ? phrase + length + 1 : phrase + length;

	if (length == 0)
		return true;
	if (strncmp(phrase, "... ", 4) != 0)
		return *text != '\0' && is_word(phrase, length, text) && goes_on(rest, next_word(text));
	for (; *text != '\0'; text = next_word(text)) {
		if (goes_on(rest, text))
			return true;
	}
	return false;
}

bool phrase_said(const char *phrases, const char *text)
{
	char plain[PHRASE_TEXT_MOST + 1];

	simplify(text, plain);
	while (*phrases != '\0') {
		for (const char *word = plain; *word != '\0'; word = next_word(word)) {
			if (goes_on(phrases, word))
				return true;
		}
		phrases += strcspn(phrases, "|");
		phrases += *phrases == '|' ? 1 : 0;
	}
	return false;
}
