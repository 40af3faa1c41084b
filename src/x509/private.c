/* SPDX-License-Identifier: Apache-2.0 */
/* Finds private keys in data that should have none, however they got there. */
#include "x509/form.h"
#include "x509/x509.h"

#include "base/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	DER_MIN = 32,       /* bytes of the shortest private key, Ed25519's */
	DER_MAX = 1 << 16,
	BODY_MIN = 40,      /* digits that make a PEM block more than a mention of its first line */
	BODY_WITHIN = 1024, /* bytes of header lines before them, such as DEK-Info */
	NESTED_MOST = 3,    /* base64 of PEM, and so on */
};

/* UTF-16 becomes readable without its NULs; line ends may be written as in a string of a program. */
static char *flatten(const char *data, size_t length)
{
	char *text = calloc(1, length + 1), *to = text;

	for (size_t i = 0; text != NULL && i < length; i++) {
		bool escaped = data[i] == '\\' && i + 1 < length && strchr("nrt", data[i + 1]) != NULL && data[i + 1] != '\0';

		if (escaped)
			i++;
		if (escaped || isspace((unsigned char)data[i]))
			*to++ = ' ';
		else if (data[i] != '\0')
			*to++ = data[i];
	}
	return text;
}

/* Whether base64 follows: many digits with nothing but blanks between them. */
static bool has_body(const char *text)
{
	size_t digits = 0;

	for (size_t i = 0; i < BODY_WITHIN && text[i] != '\0' && digits < BODY_MIN; i++) {
		if (form_is_digit(text[i]))
			digits++;
		else if (text[i] != ' ')
			digits = 0;
		if (digits < BODY_MIN && strncmp(text + i, "-----", 5) == 0)
			return false;
	}
	return digits >= BODY_MIN;
}

/* Whether the words before the mark, back to the dashes, have BEGIN among them. */
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

/* "BEGIN … PRIVATE KEY-----" and the like: OpenSSH's, PuTTY's, OpenPGP's. Blanks may be missing. */
static bool has_armour(const char *text)
{
	static const struct {
		const char *text;
		bool needs_begin;
	} marks[] = {
		{ "PRIVATE KEY-", true },       { "PRIVATEKEY-", true },    { "PRIVATE KEY -", true },
		{ "PRIVATE KEY BLOCK-", true }, { "Private-Lines:", false },
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

/* Decodes as many of the digits at `text` as make up `size` bytes. Returns how many bytes there are. */
static size_t decode_some(const char *text, unsigned char *bytes, size_t size)
{
	size_t wanted = (size + 2) / 3 * 4, digits = 0, got = 0;
	char *copy = calloc(1, wanted + 1);

	for (; copy != NULL && digits < wanted && (form_is_digit(*text) || *text == '=' || *text == ' '); text++) {
		if (*text != ' ')
			copy[digits++] = *text;
	}
	if (copy == NULL || !form_decode(copy, digits / 4 * 4, bytes, &got))
		got = 0;
	wipe_free(copy);
	return got;
}

/* How long the DER is that begins with these six bytes, when it can be a private key: a version, or an algorithm first. */
static size_t der_size(const unsigned char head[6])
{
	size_t size = head[1], prefix = 2;

	if (head[0] != 0x30)
		return 0;
	if (size == 0x81) {
		size = head[2];
		prefix = 3;
	} else if (size == 0x82) {
		size = (size_t)head[2] << 8 | head[3];
		prefix = 4;
	}
	if (head[1] > 0x82 || (head[prefix] != 0x02 && head[prefix] != 0x30))
		return 0;
	return prefix + size;
}

static bool is_private(const unsigned char *der, size_t length)
{
	enum form form = form_of_der(der, length);

	return form == FORM_PRIVATE_KEY || form == FORM_PKCS12;
}

/* Base64 of DER that begins here. */
static bool begins_der(const char *text, unsigned char *room)
{
	size_t size = decode_some(text, room, 6) >= 6 ? der_size(room) : 0;

	return size >= DER_MIN && size <= DER_MAX && decode_some(text, room, size) >= size && is_private(room, size);
}

static bool is_private_text(const char *text, unsigned char *room, int depth);

/* Base64 of PEM that begins here. */
static bool begins_pem(const char *text, unsigned char *room, int depth)
{
	size_t size = strlen(text) / 4 * 3;
	unsigned char *inner = malloc(size + 3);
	char *flat = inner != NULL ? flatten((const char *)inner, decode_some(text, inner, size)) : NULL;
	bool found = flat != NULL && is_private_text(flat, room, depth + 1);

	wipe_free(inner);
	wipe_free(flat);
	return found;
}

/* A private or a secret key as JSON (RFC 7518, sections 6.2.2, 6.3.2 and 6.4). */
static bool is_private_jwk(const char *text)
{
	return strstr(text, "\"kty\"") != NULL && (strstr(text, "\"d\"") != NULL || strstr(text, "\"k\"") != NULL);
}

static bool is_private_text(const char *text, unsigned char *room, int depth)
{
	static const char openssh[] = "b3BlbnNzaC1rZXktdjE"; /* base64 of openssh-key-v1 */

	if (has_armour(text) || is_private_jwk(text))
		return true;
	for (const char *c = text; *c != '\0'; c++) {
		if (c > text && form_is_digit(c[-1]))
			continue;
		if ((*c == 'M' && begins_der(c, room)) || strncmp(c, openssh, strlen(openssh)) == 0)
			return true;
		if (depth < NESTED_MOST && strncmp(c, "LS0t", 4) == 0 && begins_pem(c, room, depth))
			return true;
	}
	return false;
}

bool x509_has_private_key(const void *data, size_t length)
{
	unsigned char *room = malloc(DER_MAX + 3);
	char *text = flatten(data, length);
	/* Nothing is let through because memory is out. */
	bool found = room == NULL || text == NULL || is_private(data, length) || is_private_text(text, room, 0);

	wipe_free(room);
	wipe_free(text);
	return found;
}
