/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/text.h"

#include <openssl/asn1.h>
#include <string.h>

enum {
	DEEPEST = 16,          /* levels of indentation */
	NO_CHARACTER = 0xfffd, /* replaces bytes that are not UTF-8 */
};

/* Indents no further than the deepest level: otherwise a small text with many levels would become huge. */
static int append_line(struct secret *indented, size_t depth)
{
	int result = secret_append(indented, "\n", 1);

	for (size_t i = 0; i < depth && i < DEEPEST && result == 0; i++)
		result = secret_append(indented, "  ", 2);
	return result;
}

/* JSON writes characters beyond U+FFFF as two surrogates (RFC 8259 section 7). */
static int append_escape(struct secret *json, unsigned long character)
{
	if (character > 0xffff)
		return secret_printf(json, "\\u%04lx\\u%04lx", 0xd800 + ((character - 0x10000) >> 10),
				     0xdc00 + (character & 0x3ff));
	return secret_printf(json, "\\u%04lx", character);
}

/* Only strings contain characters to escape. Their line ends are already escaped. */
static int append_escaped(struct secret *json, const char *text, size_t length)
{
	const char *end = text + length;
	int result = 0;

	while (text < end && result == 0) {
		size_t plain = 0;
		unsigned long character = 0;
		int used;

		while (text + plain < end && (unsigned char)text[plain] < 0x7f)
			plain++;
		result = secret_append(json, text, plain);
		text += plain;
		if (text == end || result < 0)
			break;
		used = UTF8_getc((const unsigned char *)text, (int)(end - text < 6 ? end - text : 6), &character);
		if (used <= 0)
			result = append_escape(json, NO_CHARACTER);
		else if (text_misleads(character))
			result = append_escape(json, character);
		else
			result = secret_append(json, text, (size_t)used);
		text += used > 0 ? used : 1;
	}
	return result;
}

/* Redacts the string between the quotes, in `scratch`. Escapes stay whole. */
static int append_token(struct secret *json, const char *text, size_t length, struct redactor *redactor,
			struct secret *scratch)
{
	char *copy;

	if (*text != '"' || redactor == NULL)
		return append_escaped(json, text, length);
	secret_truncate(scratch, 0);
	copy = secret_extend(scratch, length);
	if (copy == NULL)
		return -1;
	memcpy(copy, text, length);
	length = redact_bytes(redactor, copy + 1, length - 2);
	copy[1 + length] = '"';
	return append_escaped(json, copy, length + 2);
}

static int indent(struct secret *indented, const char *text, struct redactor *redactor, struct secret *scratch)
{
	size_t depth = 0;
	int result = 0;

	for (text += json_blanks(text); *text != '\0' && result == 0;) {
		size_t length = json_token(text);
		const char *next = text + length + json_blanks(text + length);
		bool opens = *text == '[' || *text == '{';

		if (*text == ']' || *text == '}')
			result = append_line(indented, --depth);
		result |= append_token(indented, text, length, redactor, scratch);
		if (*text == ':')
			result |= secret_append(indented, " ", 1);
		if (opens && (*next == ']' || *next == '}')) { /* empty */
			result |= secret_append(indented, next, 1);
			next += 1 + json_blanks(next + 1);
		} else if (opens) {
			result |= append_line(indented, ++depth);
		} else if (*text == ',') {
			result |= append_line(indented, depth);
		}
		text = next;
	}
	return result;
}

int json_indent(struct secret *json, const char *text, struct redactor *redactor)
{
	struct secret *scratch = secret_new(0);
	int result = scratch != NULL ? indent(json, text, redactor, scratch) : -1;

	secret_free(&scratch);
	return result;
}

int json_line(struct secret *json, const char *text)
{
	int result = 0;

	for (text += json_blanks(text); *text != '\0' && result == 0; text += json_blanks(text)) {
		size_t length = json_token(text);

		result = append_escaped(json, text, length);
		text += length;
	}
	return result;
}

int json_escape(struct secret *json, const char *text)
{
	return append_escaped(json, text, strlen(text));
}
