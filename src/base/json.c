/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/text.h"

#include <cjson/cJSON.h>
#include <openssl/asn1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define HEXADECIMAL DIGITS "abcdefABCDEF"

/* Returns the length of the number at `text`, or 0 if there is no number. */
static size_t number_length(const char *text)
{
	const char *next = text + (*text == '-');
	size_t digits = strspn(next, DIGITS);

	if (digits == 0 || (*next == '0' && digits > 1))
		return 0;
	next += digits;
	if (*next == '.') {
		digits = strspn(next + 1, DIGITS);
		if (digits == 0)
			return 0;
		next += 1 + digits;
	}
	if (*next == 'e' || *next == 'E') {
		next++;
		next += *next == '+' || *next == '-';
		digits = strspn(next, DIGITS);
		if (digits == 0)
			return 0;
		next += digits;
	}
	return (size_t)(next - text);
}

/* Returns the length of the string at `text` with its quotes, or 0 if no string is there. A string that contains NUL
 * (\u0000) does not count, because a C string cannot hold it. */
static size_t string_length(const char *text)
{
	const char *next = text + 1;

	while (*next != '"') {
		unsigned long character;
		int used = UTF8_getc((const unsigned char *)next, (int)strnlen(next, 6), &character);

		if (used <= 0 || character < 0x20 || strncmp(next, "\\u0000", 6) == 0 ||
		    (strncmp(next, "\\u", 2) == 0 && strspn(next + 2, HEXADECIMAL) < 4))
			return 0;
		next += *next == '\\' && next[1] != '\0' ? 2 : used;
	}
	return (size_t)(next + 1 - text);
}

size_t json_blanks(const char *text)
{
	return strspn(text, " \t\r\n");
}

/* cJSON has already checked the order of the tokens. */
size_t json_token(const char *text)
{
	if (*text == '"')
		return string_length(text);
	if (*text == '-' || (*text >= '0' && *text <= '9'))
		return number_length(text);
	if (*text >= 'a' && *text <= 'z')
		return strspn(text, "aeflnrstu"); /* true, false, null */
	return *text != '\0' && strchr("{}[],:", *text) != NULL ? 1 : 0;
}

bool json_is_strict(const char *text)
{
	for (text += json_blanks(text); *text != '\0'; text += json_blanks(text)) {
		size_t length = json_token(text);

		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

/* --- names ------------------------------------------------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Returns a name that the object has twice, or NULL. Compares names as decoded by cJSON. */
static const char *repeated_here(const cJSON *object, bool *failed)
{
	size_t count = (size_t)cJSON_GetArraySize(object), i = 0;
	const char **names = calloc(count + 1, sizeof(*names)), *repeated = NULL;

	*failed = names == NULL;
	if (names == NULL)
		return NULL;
	for (const cJSON *member = object->child; member != NULL; member = member->next)
		names[i++] = member->string;
	qsort(names, count, sizeof(*names), compare);
	for (i = 1; i < count && repeated == NULL; i++) {
		if (strcmp(names[i - 1], names[i]) == 0)
			repeated = names[i];
	}
	free(names);
	return repeated;
}

/* As above, at any depth. cJSON parses at most CJSON_NESTING_LIMIT levels. */
static const char *find_repeated(const cJSON *item, bool *failed)
{
	const char *name = NULL;

	*failed = false;
	if (cJSON_IsObject(item))
		name = repeated_here(item, failed);
	for (const cJSON *child = item->child; child != NULL && name == NULL && !*failed; child = child->next) {
		if (child->child != NULL)
			name = find_repeated(child, failed);
	}
	return name;
}

bool json_repeats(const cJSON *root, char name[JSON_NAME_SIZE])
{
	bool failed = false;
	const char *found = root != NULL ? find_repeated(root, &failed) : NULL;

	/* Out of memory counts as repeated: the text cannot be trusted. */
	snprintf(name, JSON_NAME_SIZE, "%s", found != NULL ? found : "?");
	text_line(name);
	return found != NULL || failed;
}

int json_strict(const char *text, const cJSON *root, enum error_class class, const char *what, struct error *error)
{
	char name[JSON_NAME_SIZE];

	if (!json_is_strict(text))
		return error_set(error, class, "%s is not JSON by RFC 8259", what);
	if (json_repeats(root, name))
		return error_set(error, class, "%s names \"%s\" twice", what, name);
	return 0;
}

/* --- members ----------------------------------------------------------------------------------------------------- */

void json_compact(char *text)
{
	char *to = text;

	for (text += json_blanks(text); *text != '\0'; text += json_blanks(text)) {
		size_t length = json_token(text);

		memmove(to, text, length);
		to += length;
		text += length;
	}
	*to = '\0';
}

static size_t value_length(const char *text)
{
	const char *next = text;
	size_t depth = 0;

	do {
		next += json_blanks(next);
		if (*next == '{' || *next == '[')
			depth++;
		else if (*next == '}' || *next == ']')
			depth--;
		next += json_token(next);
	} while (depth > 0);
	return (size_t)(next - text);
}

bool json_member(char **rest, char **value)
{
	char *next = *rest + json_blanks(*rest), *end;
	bool last;

	if (*next != '"')
		return false;
	next += json_token(next);
	next += json_blanks(next) + 1; /* the colon */
	*value = next + json_blanks(next);
	end = *value + value_length(*value);
	next = end + json_blanks(end);
	last = *next != ',';
	*end = '\0';
	*rest = last ? end : next + 1;
	return true;
}
