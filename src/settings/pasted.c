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
	STARS_IN_A_NAME = 3, /* mail addresses may hold an asterisk or two before the @ */
	STARS_IN_AN_ID = 2,
	CROSSES_IN_AN_ID = 5, /* random characters hardly ever repeat so often */
	SHORT_ID = 40,        /* bytes: a consumer key, which may well have dots in it, has about 85 */
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
/* Bullets, blocks, asterisks other than ASCII's, the ellipsis, and what stands for a character that was lost. */
static const struct range masks[] = {
	{ 0x2022, 0x2023 }, { 0x2024, 0x2026 }, { 0x204e, 0x204e }, { 0x2051, 0x2051 }, { 0x2217, 0x2219 }, { 0x22c5, 0x22c6 },
	{ 0x22ef, 0x22ef }, { 0x2588, 0x2588 }, { 0x2591, 0x2593 }, { 0x25a0, 0x25ab }, { 0x25cb, 0x25cf }, { 0x25e6, 0x25e6 }, { 0x25fb, 0x25fe },
	{ 0x26aa, 0x26ab }, { 0x2731, 0x2733 }, { 0x2b1b, 0x2b1c }, { 0x2b24, 0x2b24 }, { 0xfe61, 0xfe61 }, { 0xff0a, 0xff0a },
	{ 0xfffd, 0xfffd }, { 0, 0 },
};

static bool is_among(unsigned long character, const struct range *ranges)
{
	for (; ranges->last != 0; ranges++) {
		if (character >= ranges->first && character <= ranges->last)
			return true;
	}
	return false;
}

/* The character at `text`, 0 at the end; *text is moved on. */
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
	*hint = "remove the quotation marks; where they belong to the syntax, of a shell or a file, they do not reach p11bearer";
	/* 't.hooft@example.com is a mail address. */
	if (is_among(front, quotes) && !(kind == PASTED_NAME && front == '\'' && back != '\''))
		return "begins with a quotation mark";
	if (is_among(back, quotes))
		return "ends with a quotation mark";
	*hint = "remove the angle brackets; if they enclose a placeholder, give the value that it stands for";
	if (front == '<')
		return "begins with an angle bracket";
	if (back == '>')
		return "ends with an angle bracket";
	*hint = "remove it, if it belongs to the text around the value";
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

/* Where no asterisk is possible: in the domain of a mail address, and in a host. */
static const char *without_stars(const char *text, enum pasted_kind kind)
{
	const char *part = kind == PASTED_URL ? strstr(text, "://") : strrchr(text, '@');

	return part != NULL ? part : "";
}

/* XXXX-XXXX, ****, ...: nothing else, and one of these three times in a row. */
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
	const char *part = without_stars(text, kind);
	size_t length = strlen(text), span = kind == PASTED_URL && *part != '\0' ? 3 + strcspn(part + 3, "/") : strlen(part);

	for (const char *rest = text; *rest != '\0';) {
		if (is_among(next(&rest), masks))
			return true;
	}
	if (longest_run(text, '*') >= (kind == PASTED_ID ? STARS_IN_AN_ID : STARS_IN_A_NAME) || memchr(part, '*', span) != NULL ||
	    strstr(text, "\xc2\xb7\xc2\xb7") != NULL)
		return true;
	if (kind == PASTED_ID && (longest_run(text, 'x') >= CROSSES_IN_AN_ID || longest_run(text, 'X') >= CROSSES_IN_AN_ID))
		return true;
	if (length >= 3 && (strcmp(text + length - 3, "...") == 0 || (kind != PASTED_URL && strncmp(text, "...", 3) == 0)))
		return true;
	if (kind == PASTED_ID && length < SHORT_ID && strstr(text, "...") != NULL)
		return true;
	return kind != PASTED_URL && is_filler(text);
}

/* --- placeholders ------------------------------------------------------------------------------------------------ */

/* The whole text in brackets, such as [MASKED] or {{client_id}}. */
static bool is_in_brackets(const char *text)
{
	static const char *const pairs[] = { "[]", "()", "{}" };
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (text[0] == pairs[i][0] && text[length - 1] == pairs[i][1])
			return true;
	}
	return strcasecmp(text, "redacted") == 0;
}

/* $NAME, ${NAME}, $(…), %NAME%: a mail address, which may hold these characters, has an @. In a URL: $ in its host. */
static bool is_variable(const char *text, enum pasted_kind kind)
{
	size_t length = strlen(text);
	const char *name = text + 1, *host = strstr(text, "://");

	if (kind == PASTED_URL)
		return host != NULL && memchr(host, '$', 3 + strcspn(host + 3, "/?#")) != NULL;
	if (strchr(text, '@') != NULL || length < 2)
		return false;
	if (text[0] == '%')
		return length > 2 && text[length - 1] == '%';
	if (text[0] != '$')
		return false;
	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return *name == '\0' || ((text[1] == '{' || text[1] == '(') && strchr("})", text[length - 1]) != NULL);
}

const char *pasted_fault(const char *text, enum pasted_kind kind, const char **hint)
{
	const char *fault = end_fault(text, kind, hint);

	if (fault != NULL || kind == PASTED_ENDS)
		return fault;
	for (const char *rest = text; *rest != '\0';) {
		unsigned long character = next(&rest);

		*hint = "type it, or copy it from where it is plain text";
		if (text_misleads(character))
			return "holds an invisible character";
		if (kind == PASTED_URL && character != ' ' && is_among(character, blanks))
			return "holds a blank";
	}
	*hint = "a display that hides or shortens the value was copied: give the value itself";
	if (is_masked(text, kind))
		return "is masked or cut off";
	*hint = "give the value that it stands for";
	if (kind != PASTED_URL && is_in_brackets(text))
		return "is a placeholder";
	return is_variable(text, kind) ? "is a variable that was not expanded, or holds one" : NULL;
}
