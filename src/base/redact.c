/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the letters and digits of secrets and text, in lower case. An escape counts both as written and decoded
 * (view.h). Marks every run of REDACT_FRAGMENT characters that the text shares with a secret, and then the rest of
 * the word around it. */
#include "base/redact.h"

#include "base/secret.h"
#include "base/view.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	HASH_BITS = 16,
	ORG_ID = 15, /* characters, or 18 with a checksum */
	ORG_ID_LONG = 18,
};

static const char MASK[] = "***";

struct redactor {
	struct secret *secrets; /* each followed by a NUL */
	struct secret *forms;   /* the forms to search for, each followed by a line end */
	size_t prepared;        /* bytes of `secrets` that `forms` covers */
	unsigned char known[(1 << HASH_BITS) / 8]; /* hashes of all windows in `forms` */
	bool broken;
};

/* --- secrets ----------------------------------------------------------------------------------------------------- */

struct redactor *redactor_new(void)
{
	struct redactor *redactor = calloc(1, sizeof(*redactor));

	if (redactor == NULL)
		return NULL;
	redactor->secrets = secret_new(2048);
	redactor->forms = secret_new(0);
	if (redactor->secrets == NULL || redactor->forms == NULL)
		redactor_free(&redactor);
	return redactor;
}

void redactor_free(struct redactor **redactor)
{
	if (*redactor == NULL)
		return;
	secret_free(&(*redactor)->forms);
	secret_free(&(*redactor)->secrets);
	OPENSSL_cleanse(*redactor, sizeof(**redactor));
	free(*redactor);
	*redactor = NULL;
}

static size_t hash(const char *window)
{
	uint64_t value;

	memcpy(&value, window, REDACT_FRAGMENT);
	return (size_t)(value * 0x9e3779b97f4a7c15U >> (64 - HASH_BITS));
}

static int add_view(struct redactor *redactor, const struct view *view, bool may_be_short)
{
	if (view->plain_count < REDACT_FRAGMENT && (!may_be_short || view->plain_count < REDACT_LEAST))
		return 0;
	for (size_t i = 0; i + REDACT_FRAGMENT <= view->plain_count; i++) {
		size_t bit = hash(view->plain + i);

		redactor->known[bit / 8] |= (unsigned char)(1U << bit % 8);
	}
	if (secret_append(redactor->forms, view->plain, view->plain_count) < 0)
		return -1;
	return secret_append(redactor->forms, "\n", 1);
}

/* Something that looks like an escape may not be one, so both readings count, here and in the text. */
static int add_form(struct redactor *redactor, const char *text, size_t length, bool may_be_short)
{
	struct view view;
	int result = 0, pass = 0;

	if (!view_make(&view, text, length))
		return -1;
	do {
		view_squeeze(&view);
		result |= add_view(redactor, &view, may_be_short);
	} while (pass++ < VIEW_PASSES && view_unescape(&view));
	view_free(&view);
	return result;
}

/* The base64 of a secret depends on its position within a group of three bytes. */
static int add_encoded(struct redactor *redactor, const char *text, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	struct secret *encoded = secret_new(2 * length + 4);
	int result = encoded != NULL ? 0 : -1;

	for (size_t skipped = 0; skipped < 3 && skipped < length && result == 0; skipped++) {
		size_t size = 4 * ((length - skipped + 2) / 3);
		char *to;

		secret_truncate(encoded, 0);
		to = secret_extend(encoded, size);
		result = -1;
		if (to != NULL && EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)text + skipped,
						  (int)(length - skipped)) == (int)size)
			result = add_form(redactor, to, size, false);
	}
	if (result == 0) {
		char *to;

		secret_truncate(encoded, 0);
		to = secret_extend(encoded, 2 * length);
		for (size_t i = 0; i < length && to != NULL; i++) {
			to[2 * i] = digits[(unsigned char)text[i] >> 4];
			to[2 * i + 1] = digits[(unsigned char)text[i] & 0xf];
		}
		result = to != NULL ? add_form(redactor, to, 2 * length, false) : -1;
	}
	secret_free(&encoded);
	return result;
}

int redactor_add(struct redactor *redactor, const char *secret)
{
	if (redactor == NULL)
		return -1;
	if (secret_append(redactor->secrets, secret, strlen(secret) + 1) < 0)
		redactor->broken = true;
	return redactor->broken ? -1 : 0;
}

void redactor_reset(struct redactor *redactor)
{
	if (redactor == NULL)
		return;
	secret_truncate(redactor->secrets, 0);
	secret_truncate(redactor->forms, 0);
	redactor->prepared = 0;
	redactor->broken = false;
	memset(redactor->known, 0, sizeof(redactor->known));
}

/* Returns the length of the secret's public part, the id of a Salesforce org. */
static size_t public_length(const char *secret)
{
	size_t length = strcspn(secret, "!");

	if (secret[length] == '\0' || strncmp(secret, "00D", 3) != 0 || (length != ORG_ID && length != ORG_ID_LONG))
		return 0;
	return length;
}

/* Most texts are never shown, so compute the forms only when one is. */
static bool prepare(struct redactor *redactor)
{
	while (redactor->prepared < secret_length(redactor->secrets) && !redactor->broken) {
		const char *secret = secret_data(redactor->secrets) + redactor->prepared;
		size_t length = strlen(secret), public = public_length(secret);

		redactor->prepared += length + 1;
		secret += public;
		length -= public;
		redactor->broken = length > INT32_MAX / 2 || add_form(redactor, secret, length, true) < 0 ||
				   add_encoded(redactor, secret, length) < 0;
	}
	return !redactor->broken;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

static void mark(struct view *view, size_t first, size_t count)
{
	for (size_t i = view->where[first]; i <= view->where[first + count - 1]; i++)
		view->units[i].marked = true;
}

static void mark_windows(const struct redactor *redactor, struct view *view)
{
	const char *forms = secret_data(redactor->forms), *last = NULL;
	size_t length = secret_length(redactor->forms);

	for (size_t i = 0; i + REDACT_FRAGMENT <= view->plain_count; i++) {
		const char *window = view->plain + i;
		size_t bit = hash(window);

		if ((redactor->known[bit / 8] & 1U << bit % 8) == 0)
			last = NULL;
		else if (last != NULL && memcmp(last + 1, window, REDACT_FRAGMENT) == 0) /* the match continues */
			last++;
		else
			last = memmem(forms, length, window, REDACT_FRAGMENT);
		if (last != NULL)
			mark(view, i, REDACT_FRAGMENT);
	}
}

static void mark_shorts(const struct redactor *redactor, struct view *view)
{
	const char *next = secret_data(redactor->forms);

	for (size_t length; *next != '\0'; next += length + 1) {
		length = strcspn(next, "\n");
		for (size_t i = 0; length < REDACT_FRAGMENT && i + length <= view->plain_count; i++) {
			if (memcmp(view->plain + i, next, length) == 0)
				mark(view, i, length);
		}
	}
}

static bool is_word(char character)
{
	return character != '\0' && (unsigned char)character < 0x80 &&
	       (isalnum((unsigned char)character) || strchr("-_.~+!$*%", character) != NULL);
}

/* An escape that is not part of a word ends it, and stays whole. */
static void grow_marks(struct view *view)
{
	for (size_t i = 1; i < view->count; i++)
		view->units[i].marked |= view->units[i - 1].marked && is_word(view->units[i].character);
	for (size_t i = view->count; i-- > 1;)
		view->units[i - 1].marked |= view->units[i].marked && is_word(view->units[i - 1].character);
}

/* Returns the new length. */
static size_t write_masked(const struct view *view, char *text)
{
	char *to = text;

	for (size_t i = 0; i < view->count;) {
		size_t begin = view->units[i].begin, length;
		bool marked = view->units[i].marked;

		while (i < view->count && view->units[i].marked == marked)
			i++;
		length = view->units[i - 1].end - begin;
		if (marked && length > sizeof(MASK) - 1)
			length = sizeof(MASK) - 1;
		memmove(to, marked ? MASK : text + begin, length);
		to += length;
	}
	return (size_t)(to - text);
}

size_t redact_bytes(struct redactor *redactor, char *text, size_t length)
{
	struct view view;
	size_t left;
	int pass = 0;

	if (redactor == NULL || !prepare(redactor) || !view_make(&view, text, length)) {
		left = length < sizeof(MASK) - 1 ? length : sizeof(MASK) - 1;
		memcpy(text, MASK, left);
		return left;
	}
	do {
		view_squeeze(&view);
		mark_windows(redactor, &view);
		mark_shorts(redactor, &view);
	} while (pass++ < VIEW_PASSES && view_unescape(&view));
	grow_marks(&view);
	left = write_masked(&view, text);
	view_free(&view);
	return left;
}

void redact(struct redactor *redactor, char *text)
{
	size_t length = strlen(text), left = redact_bytes(redactor, text, length);

	OPENSSL_cleanse(text + left, length - left);
}

void redact_error(struct redactor *redactor, struct error *error)
{
	redact(redactor, error->text);
	redact(redactor, error->hint);
}
