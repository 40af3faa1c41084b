/* SPDX-License-Identifier: Apache-2.0 */
/* Finds private keys in data that should not contain any, in time linear in the length of the data. */
#include "x509/form.h"
#include "x509/x509.h"

#include "base/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_MIN = 40,      /* digits that must follow a PEM header for a key */
	BODY_WITHIN = 1024, /* bytes that header fields such as DEK-Info may take before them */
	RUN_MIN = 40,       /* digits that may encode a key */
	TEXT_MIN = 40,      /* printable characters that make decoded bytes text */
	NESTED_MAX = 3,     /* levels of encoding, such as base64 of PEM */
};

/* Decodes a character that may be escaped as in URLs ("%2B") or string literals ("\\n", "\\u002b", "\\/"). *taken is
 * its length in bytes. Returns 0 for a backslash to drop. */
static int escaped(const unsigned char *text, size_t length, size_t *taken)
{
	bool backslash = text[0] == '\\' && length >= 2 && text[1] != '\0';
	size_t digits = text[0] == '%' ? 1 : length >= 4 && memcmp(text, "\\u00", 4) == 0 ? 4 : 0;

	*taken = 1;
	if (backslash && strchr("nrt", text[1]) != NULL) {
		*taken = 2;
		return ' ';
	}
	if (digits > 0 && length >= digits + 2 && isxdigit(text[digits]) && isxdigit(text[digits + 1])) {
		const char code[] = { (char)text[digits], (char)text[digits + 1], '\0' };
		int c = (int)strtol(code, NULL, 16);

		*taken = digits + 2;
		return c == 0 || isspace(c) ? ' ' : c;
	}
	return backslash && strchr("/\\", text[1]) != NULL ? 0 : text[0];
}

/* Drops NULs, which makes UTF-16 readable, turns whitespace into spaces, and decodes escapes. */
static char *flatten(const unsigned char *data, size_t length)
{
	char *text = calloc(1, length + 1), *to = text;
	size_t taken;

	for (size_t i = 0; text != NULL && i < length; i += taken) {
		int c = escaped(data + i, length - i, &taken);

		if (c != 0)
			*to++ = (char)(isspace(c) ? ' ' : c);
	}
	return text;
}

/* --- keys in text form ------------------------------------------------------------------------------------------- */

/* Whether base64 or hexadecimal with colons follows: many digits, with nothing else between them. */
static bool has_body(const char *text)
{
	size_t digits = 0;

	for (size_t i = 0; i < BODY_WITHIN && text[i] != '\0' && digits < BODY_MIN; i++) {
		if (form_is_digit(text[i]))
			digits++;
		else if (text[i] != ' ' && text[i] != ':')
			digits = 0;
		if (digits < BODY_MIN && strncmp(text + i, "-----", 5) == 0)
			return false;
	}
	return digits >= BODY_MIN;
}

/* Whether BEGIN is among the words before the mark. */
static bool begins_block(const char *text, const char *mark)
{
	const char *words = mark;

	while (words > text && (isalnum((unsigned char)words[-1]) || words[-1] == ' '))
		words--;
	for (; words + strlen("BEGIN") <= mark; words++) {
		if (strncasecmp(words, "BEGIN", strlen("BEGIN")) == 0)
			return true;
	}
	return false;
}

/* Finds "BEGIN … PRIVATE KEY-----", with or without spaces, including OpenSSH's and OpenPGP's; and the formats of
 * PuTTY, .NET, age and "openssl pkey -text". */
static bool has_armour(const char *text)
{
	static const struct {
		const char *text;
		bool needs_begin;
	} marks[] = {
		{ "PRIVATE KEY-", true },        { "PRIVATEKEY-", true },      { "PRIVATE KEY -", true },
		{ "PRIVATE KEY BLOCK-", true },  { "Private-Lines:", false },  { "privateExponent:", false },
		{ "<InverseQ>", false },         { "AGE-SECRET-KEY-", false },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		for (const char *found = text; (found = strcasestr(found, marks[i].text)) != NULL; found++) {
			const char *body = found + strlen(marks[i].text);

			if ((!marks[i].needs_begin || begins_block(text, found)) && has_body(body + strspn(body, "- ")))
				return true;
		}
	}
	return false;
}

/* Whether there is a member with this name, in any quotes, and a value that fits. */
static bool has_member(const char *text, const char *name, bool (*fits)(const char *value))
{
	static const char quotes[] = " \\\"'";

	for (const char *c = text; (c = strstr(c, name)) != NULL; c++) {
		const char *value = c + strlen(name) + strspn(c + strlen(name), quotes);

		if ((c > text && (isalnum((unsigned char)c[-1]) || c[-1] == '_')) || *value != ':')
			continue;
		if (fits(value + 1 + strspn(value + 1, quotes)))
			return true;
	}
	return false;
}

static bool is_key_type(const char *value)
{
	return strncmp(value, "RSA", 3) == 0 || strncmp(value, "EC", 2) == 0 || strncmp(value, "OKP", 3) == 0 ||
	       strncmp(value, "oct", 3) == 0;
}

static bool is_number(const char *value)
{
	return form_is_digit(*value) || *value == '-' || *value == '_';
}

/* A private or secret key as JSON (RFC 7518, sections 6.2.2, 6.3.2 and 6.4). "kty" counts only with its value, because
 * any large binary file contains these three letters. */
static bool is_private_jwk(const char *text)
{
	return has_member(text, "kty", is_key_type) &&
	       (has_member(text, "d", is_number) || has_member(text, "k", is_number));
}

/* --- keys encoded in text ---------------------------------------------------------------------------------------- */

/* Values of characters that are not digits. */
enum {
	DIGIT_ENDS = -1,    /* ends a run of digits */
	DIGIT_SKIPPED = -2, /* may occur between digits */
};

/* An encoding of bytes as digits. */
struct code {
	int (*value)(const char *text); /* of the digit at `text`, or one of the above */
	unsigned bits;                  /* per digit */
	unsigned alignments;            /* digits of a run at which a byte may start */
};

/* Base64 in either alphabet (RFC 4648, sections 4 and 5). */
static int base64_value(const char *text)
{
	char c = *text;

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return c == ' ' ? DIGIT_SKIPPED : DIGIT_ENDS;
}

/* Hexadecimal, with the separators of dumps and programs: colons, commas, "0x" and "\x". */
static int hex_value(const char *text)
{
	char c = *text;

	if (c == '0' && (text[1] == 'x' || text[1] == 'X'))
		return DIGIT_SKIPPED;
	if (c >= '0' && c <= '9')
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return c != '\0' && strchr(" :,-xX\\", c) != NULL ? DIGIT_SKIPPED : DIGIT_ENDS;
}

/* Reads a run of digits, and advances *text past the character that ends it. */
static size_t take_run(const struct code *code, const char **text, unsigned char *digits)
{
	size_t count = 0;

	for (; **text != '\0'; (*text)++) {
		int value = code->value(*text);

		if (value == DIGIT_ENDS) {
			(*text)++;
			break;
		}
		if (value >= 0)
			digits[count++] = (unsigned char)value;
	}
	return count;
}

static size_t pack(const struct code *code, const unsigned char *digits, size_t count, unsigned char *bytes)
{
	unsigned held = 0, bits = 0;
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		held = held << code->bits | digits[i];
		bits += code->bits;
		if (bits >= 8) {
			bits -= 8;
			bytes[size++] = (unsigned char)(held >> bits);
		}
	}
	return size;
}

static bool has_text(const unsigned char *bytes, size_t length)
{
	size_t run = 0;

	for (size_t i = 0; i < length && run < TEXT_MIN; i++)
		run = isprint(bytes[i]) || isspace(bytes[i]) ? run + 1 : 0;
	return run >= TEXT_MIN;
}

static bool has_key(const unsigned char *data, size_t length, int depth);

static bool encodes_key(const struct code *code, const char *text, unsigned char *digits, unsigned char *bytes,
			int depth)
{
	while (*text != '\0') {
		size_t count = take_run(code, &text, digits);

		for (size_t i = 0; i < code->alignments && count >= RUN_MIN; i++) {
			if (has_key(bytes, pack(code, digits + i, count - i, bytes), depth + 1))
				return true;
		}
	}
	return false;
}

static bool has_key_in_text(const unsigned char *data, size_t length, int depth)
{
	static const struct code base64 = { base64_value, 6, 4 }, hex = { hex_value, 4, 2 };
	char *text = flatten(data, length);
	unsigned char *digits = malloc(length + 1), *bytes = malloc(length + 1);
	/* Without memory, assume a key: no data may pass unchecked. */
	bool found = text == NULL || digits == NULL || bytes == NULL || has_armour(text) || is_private_jwk(text) ||
		     encodes_key(&base64, text, digits, bytes, depth) || encodes_key(&hex, text, digits, bytes, depth);

	wipe_free(text);
	wipe_free(digits);
	wipe_free(bytes);
	return found;
}

static bool has_key(const unsigned char *data, size_t length, int depth)
{
	if (form_has_private_der(data, length))
		return true;
	if (depth > 0 && (depth > NESTED_MAX || !has_text(data, length)))
		return false;
	return has_key_in_text(data, length, depth);
}

bool x509_has_private_key(const void *data, size_t length)
{
	return has_key(data, length, 0);
}
