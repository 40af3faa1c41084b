/* SPDX-License-Identifier: Apache-2.0 */
#include "server/phrase.h"

#include <stddef.h>
#include <string.h>

enum {
	ROOM = PHRASE_TEXT_MAX + 1,
	GAP_MAX = 5, /* words that "..." matches */
};

/* Returns the length of the apostrophe at the start of the text, or 0 if it starts otherwise. */
static size_t apostrophe(const char *text)
{
	static const char *const all[] = { "'", "`", "\u2018", "\u2019", "\u02bc", "\u00b4", "\u2032", "\uff07" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strncmp(text, all[i], strlen(all[i])) == 0)
			return strlen(all[i]);
	}
	return 0;
}

static bool ends_sentence(const char *text)
{
	return strchr(".;!?", text[0]) != NULL && (text[1] == '\0' || strchr(" \t\r\n", text[1]) != NULL);
}

/* Writes the words of the text in lower case, separated by one blank, with "." as a word at the end of a sentence.
 * Words in a URL would mislead, so only its scheme is kept. `plain` has ROOM bytes. */
static void simplify(const char *text, char *plain)
{
	size_t used = 0, skip;

	for (; *text != '\0' && used + 4 < ROOM; text += skip) {
		bool upper = *text >= 'A' && *text <= 'Z', letter = upper || (*text >= 'a' && *text <= 'z');

		skip = apostrophe(text);
		if (skip > 0)
			continue;
		skip = strncmp(text, "://", 3) == 0 ? strcspn(text, " \t\r\n\"'<>(),;") : 1;
		if (letter || (*text >= '0' && *text <= '9'))
			plain[used++] = (char)(upper ? *text - 'A' + 'a' : *text);
		else if (used > 0 && plain[used - 1] != ' ')
			plain[used++] = ' ';
		if (used > 0 && ends_sentence(text)) {
			plain[used++] = '.';
			plain[used++] = ' ';
		}
	}
	plain[used] = '\0';
}

static const char *next_word(const char *text)
{
	text += strcspn(text, " ");
	return *text == ' ' ? text + 1 : text;
}

/* Returns whether the first word of the text is one of the alternatives in the `length` bytes at `wanted`. */
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

/* Returns whether the text starts with the phrase. */
static bool starts_with(const char *phrase, const char *text)
{
	size_t length = strcspn(phrase, " |");
	const char *rest = phrase[length] == ' ' ? phrase + length + 1 : phrase + length;

	if (length == 0)
		return true;
	if (strncmp(phrase, "... ", 4) != 0)
		return *text != '\0' && is_word(phrase, length, text) && starts_with(rest, next_word(text));
	for (int gap = 0; gap <= GAP_MAX && *text != '\0' && *text != '.'; gap++, text = next_word(text)) {
		if (starts_with(rest, text))
			return true;
	}
	return false;
}

bool phrase_said(const char *phrases, const char *text)
{
	char plain[ROOM];

	simplify(text, plain);
	while (*phrases != '\0') {
		for (const char *word = plain; *word != '\0'; word = next_word(word)) {
			if (starts_with(phrases, word))
				return true;
		}
		phrases += strcspn(phrases, "|");
		phrases += *phrases == '|' ? 1 : 0;
	}
	return false;
}
