/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/pasted.h"

#include "base/text.h"

#include <ctype.h>
#include <openssl/asn1.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
	STARS_IN_A_NAME = 3, /* a mail address may contain one or two asterisks before the @ */
	STARS_IN_AN_ID = 2,
	CROSSES_IN_AN_ID = 5, /* random characters hardly ever repeat that often */
	SHORT_ID = 40,        /* bytes: a consumer key has about 85, and may contain dots */
};

struct range {
	unsigned long first, last;
};

static const struct range blanks[] = {
	{ ' ', ' ' }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
	{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0, 0 },
};
static const struct range quotes[] = {
	{ '"', '"' }, { '\'', '\'' }, { '`', '`' }, { 0xab, 0xab }, { 0xb4, 0xb4 }, { 0xbb, 0xbb }, { 0x2018, 0x201f },
	{ 0x2032, 0x2036 }, { 0x2039, 0x203a }, { 0x275b, 0x275e }, { 0x300c, 0x300f }, { 0x301d, 0x301f },
	{ 0xff02, 0xff02 }, { 0xff07, 0xff07 }, { 0, 0 },
};
/* Bullets, blocks, non-ASCII asterisks, the ellipsis and the replacement character. */
static const struct range masks[] = {
	{ 0x2022, 0x2023 }, { 0x2024, 0x2026 }, { 0x204e, 0x204e }, { 0x2051, 0x2051 }, { 0x2217, 0x2219 },
	{ 0x22c5, 0x22c6 }, { 0x22ef, 0x22ef }, { 0x2588, 0x2588 }, { 0x2591, 0x2593 }, { 0x25a0, 0x25ab },
	{ 0x25cb, 0x25cf }, { 0x25e6, 0x25e6 }, { 0x25fb, 0x25fe }, { 0x26aa, 0x26ab }, { 0x2731, 0x2733 },
	{ 0x2b1b, 0x2b1c }, { 0x2b24, 0x2b24 }, { 0xfe61, 0xfe61 }, { 0xff0a, 0xff0a }, { 0xfffd, 0xfffd },
	{ 0, 0 },
};
/* Word processors turn hyphens into these. Neither hosts nor consumer keys contain them. */
static const struct range dashes[] = { { 0x2010, 0x2015 }, { 0x2212, 0x2212 }, { 0xfe58, 0xfe58 }, { 0, 0 } };

static bool is_among(unsigned long character, const struct range *ranges)
{
	for (; ranges->last != 0; ranges++) {
		if (character >= ranges->first && character <= ranges->last)
			return true;
	}
	return false;
}

/* Returns the character at *text, or 0 at the end, and advances *text. */
static unsigned long next(const char **text)
{
	unsigned long character = 0;
	int used = UTF8_getc((const unsigned char *)*text, (int)strlen(*text), &character);

	*text += used > 0 ? used : 0;
	return used > 0 ? character : 0;
}

static unsigned long last(const char *text)
{
	const char *end = text + strlen(text);

	while (end > text && ((unsigned char)*--end & 0xc0) == 0x80)
		;
	return next(&end);
}

/* --- the ends ---------------------------------------------------------------------------------------------------- */

static const char *end_fault(const char *text, enum pasted_kind kind, const char **hint)
{
	const char *begin = text;
	unsigned long front = next(&begin), back = last(text);

	*hint = "remove the blanks around the value";
	if (is_among(front, blanks))
		return "begins with a blank";
	if (is_among(back, blanks))
		return "ends with a blank";
	*hint = "remove the quotation marks that are part of the value, not those that the shell or the file needs";
	/* 't.hooft@example.com is a valid mail address. */
	if (is_among(front, quotes) && !(kind == PASTED_NAME && front == '\'' && back != '\''))
		return "begins with a quotation mark";
	if (is_among(back, quotes))
		return "ends with a quotation mark";
	*hint = "remove the angle brackets; if they enclose a placeholder, give the real value";
	if (front == '<')
		return "begins with an angle bracket";
	if (back == '>')
		return "ends with an angle bracket";
	*hint = "remove it: it is part of the text around the value";
	return back == ',' || back == ';' ? "ends with a comma or semicolon" : NULL;
}

/* --- masks ------------------------------------------------------------------------------------------------------- */

static size_t longest_run(const char *text, char character)
{
	size_t run = 0, longest = 0;

	for (; *text != '\0'; text++) {
		run = *text == character ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* The part in which few characters are valid: the domain of a mail address, or the host of a URL. */
static const char *strict_part(const char *text, enum pasted_kind kind, size_t *length)
{
	const char *mark = kind == PASTED_URL ? strstr(text, "://") : strrchr(text, '@');
	const char *part = mark != NULL ? mark + (kind == PASTED_URL ? strlen("://") : 1) : "";

	*length = kind == PASTED_URL ? strcspn(part, "/?#") : strlen(part);
	return part;
}

/* Whether the text consists of fillers, one of them three times in a row: XXXX-XXXX, ****, .... */
static bool is_filler(const char *text)
{
	static const char fillers[] = "xX*#?._-";
	bool repeats = false;

	for (const char *filler = fillers; *filler != '\0'; filler++)
		repeats |= longest_run(text, *filler) >= 3;
	return text[strspn(text, fillers)] == '\0' && (repeats || text[strspn(text, "*#?")] == '\0');
}

static bool is_masked(const char *text, enum pasted_kind kind)
{
	size_t length = strlen(text), span;
	const char *part = strict_part(text, kind, &span);

	for (const char *rest = text; *rest != '\0';) {
		if (is_among(next(&rest), masks))
			return true;
	}
	if (strcasecmp(text, "redacted") == 0)
		return true;
	if (longest_run(text, '*') >= (kind == PASTED_ID ? STARS_IN_AN_ID : STARS_IN_A_NAME) ||
	    memchr(part, '*', span) != NULL || strstr(text, "\xc2\xb7\xc2\xb7") != NULL)
		return true;
	if (kind == PASTED_ID &&
	    (longest_run(text, 'x') >= CROSSES_IN_AN_ID || longest_run(text, 'X') >= CROSSES_IN_AN_ID))
		return true;
	if (length >= 3 &&
	    (strcmp(text + length - 3, "...") == 0 || (kind != PASTED_URL && strncmp(text, "...", 3) == 0)))
		return true;
	if (kind == PASTED_ID && length < SHORT_ID && strstr(text, "...") != NULL)
		return true;
	return kind != PASTED_URL && is_filler(text);
}

/* --- characters -------------------------------------------------------------------------------------------------- */

/* Whether a zero-width (non-)joiner is between letters of Arabic or Indic scripts, where it is legitimate. */
static bool joins(unsigned long before, unsigned long character, unsigned long after)
{
	static const struct range joined[] = { { 0x600, 0x1cff }, { 0, 0 } };

	return (character == 0x200c || character == 0x200d) && is_among(before, joined) && is_among(after, joined);
}

static const char *character_fault(const char *text, enum pasted_kind kind, const char **hint)
{
	unsigned long before = 0;

	while (*text != '\0') {
		unsigned long character = next(&text);
		const char *rest = text;

		*hint = "type the value, or copy it from plain text";
		if (text_misleads(character) && !joins(before, character, next(&rest)))
			return "contains an invisible character";
		if (kind != PASTED_NAME && character != ' ' && is_among(character, blanks))
			return "contains a blank";
		if (kind != PASTED_NAME && is_among(character, dashes))
			return "contains a dash that is not a hyphen";
		before = character;
	}
	return NULL;
}

/* --- placeholders ------------------------------------------------------------------------------------------------ */

/* The whole text, such as [client id] or {{client_id}}. */
static bool is_in_brackets(const char *text)
{
	static const char *const pairs[] = { "[]", "()", "{}" };
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (text[0] == pairs[i][0] && text[length - 1] == pairs[i][1])
			return true;
	}
	return false;
}

/* Whether the text contains `open` and, after it, `close`. */
static bool holds_pair(const char *text, const char *open, const char *close)
{
	const char *found = strstr(text, open);

	return found != NULL && strstr(found + strlen(open), close) != NULL;
}

/* $NAME and %NAME%, as a whole. */
static bool is_variable(const char *text)
{
	size_t length = strlen(text);
	const char *name = text + 1;

	if (text[0] == '%')
		return length > 2 && text[length - 1] == '%';
	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return text[0] == '$' && length > 1 && *name == '\0';
}

/* A single one of these characters is valid before the @ of a mail address, in a client id and in the path of a URL. */
static bool has_placeholder(const char *text, enum pasted_kind kind)
{
	size_t length;
	const char *part = strict_part(text, kind, &length);

	if (strcspn(part, "$<>") < length || holds_pair(part, "{", "}"))
		return true;
	if (kind == PASTED_URL)
		return false;
	return holds_pair(text, "${", "}") || holds_pair(text, "$(", ")") || holds_pair(text, "{{", "}}") ||
	       is_variable(text);
}

const char *pasted_fault(const char *text, enum pasted_kind kind, const char **hint)
{
	const char *fault = end_fault(text, kind, hint);

	if (fault == NULL && kind != PASTED_ENDS)
		fault = character_fault(text, kind, hint);
	if (fault != NULL || kind == PASTED_ENDS)
		return fault;
	*hint = "copy the value from a place that shows all of it";
	if (is_masked(text, kind))
		return "is masked or cut off";
	*hint = "replace the placeholder with the value";
	if (has_placeholder(text, kind))
		return "contains a placeholder";
	*hint = "remove the brackets";
	return kind != PASTED_URL && is_in_brackets(text) ? "is in brackets" : NULL;
}
