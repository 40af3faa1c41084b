/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/edit-lines.h"

#include "base/secret.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n"; /* OpenSSL's */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* A line may go on in the next one of the file. */
struct line {
	struct range range; /* in the file, with its line end */
	bool has_line_end, goes_on;
	char *text;         /* joined, without line ends and the backslashes before them */
	size_t length;
	size_t *offsets;    /* of each byte of the text, and of its end, in the file */
};

struct reader {
	const char *text;
	size_t length;
	struct line line;
	char *section;  /* of the line; NULL: unknown */
	bool exhausted; /* memory is */
	bool is_header; /* the line begins the section */
};

static void append(struct reader *reader, size_t from, size_t to)
{
	struct line *line = &reader->line;

	for (; from < to; from++) {
		line->offsets[line->length] = from;
		line->text[line->length++] = reader->text[from];
	}
	line->offsets[line->length] = to;
	line->text[line->length] = '\0';
}

/* Whether the line so far ends with a backslash that joins it with the next. Drops the backslash. */
static bool drop_backslash(struct line *line)
{
	size_t last = line->length - 1;

	if (line->length == 0 || line->text[last] != '\\' || (last > 0 && line->text[last - 1] == '\\'))
		return false;
	line->text[last] = '\0';
	line->length = last;
	return true;
}

/* Reads the next line of the file into reader->line. Returns false at the end. */
static bool next_line(struct reader *reader)
{
	struct line *line = &reader->line;
	size_t at = line->range.to;

	line->range.from = at;
	line->length = 0;
	line->goes_on = at < reader->length;
	while (line->goes_on && at < reader->length) {
		const char *end = memchr(reader->text + at, '\n', reader->length - at);
		size_t next = end != NULL ? (size_t)(end - reader->text) + 1 : reader->length, to = next;

		while (to > at && (reader->text[to - 1] == '\n' || reader->text[to - 1] == '\r'))
			to--;
		append(reader, at, to);
		line->has_line_end = end != NULL;
		line->goes_on = drop_backslash(line);
		at = next;
	}
	line->range.to = at;
	return line->range.to > line->range.from;
}

/* OpenSSL reads the name of the section that the line begins. */
static void read_section(struct reader *reader)
{
	BIO *bio = BIO_new_mem_buf(reader->line.text, (int)reader->line.length);
	CONF *conf = NCONF_new(NULL);
	STACK_OF(OPENSSL_CSTRING) *names = NULL;
	const char *name = NULL;
	long failed;

	if (bio != NULL && conf != NULL && NCONF_load_bio(conf, bio, &failed) > 0)
		names = NCONF_get_section_names(conf);
	for (int i = 0; i < sk_OPENSSL_CSTRING_num(names); i++) {
		const char *other = sk_OPENSSL_CSTRING_value(names, i);

		if (name == NULL || strcmp(other, "default") != 0) /* which is always there */
			name = other;
	}
	free(reader->section);
	reader->section = name != NULL ? strdup(name) : NULL;
	reader->exhausted |= bio == NULL || conf == NULL || (name != NULL && reader->section == NULL);
	sk_OPENSSL_CSTRING_free(names);
	NCONF_free(conf);
	BIO_free(bio);
	ERR_clear_error();
}

/* Reads the next line that is neither empty nor a comment, and keeps track of the section. */
static bool next_entry(struct reader *reader)
{
	while (next_line(reader)) {
		const char *text = reader->line.text + strspn(reader->line.text, blanks);

		if (*text == '\0' || *text == '#')
			continue;
		reader->is_header = *text == '[';
		if (reader->is_header)
			read_section(reader);
		return true;
	}
	return false;
}

/* If the line sets the key in the section, returns the part behind the '=', else NULL. */
static const char *find_value(const struct reader *reader, const char *section, const char *key)
{
	const char *text = reader->line.text + strspn(reader->line.text, blanks);
	size_t length = strlen(section);
	bool is_named = strncmp(text, section, length) == 0 && strncmp(text + length, "::", 2) == 0;

	if (is_named)
		text += length + 2;
	else if (reader->section == NULL || strcmp(reader->section, section) != 0)
		return NULL;
	if (reader->is_header || strncmp(text, key, strlen(key)) != 0)
		return NULL;
	text += strlen(key);
	text += strspn(text, blanks);
	return *text == '=' ? text + 1 : NULL;
}

/* Where the comment behind a line's value begins, or the line's end. Quotes and backslashes hide a '#'. */
static const char *find_comment(const char *text)
{
	char quote = '\0';

	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		else if (*text == quote)
			quote = '\0';
		else if (quote == '\0' && strchr("'\"`", *text) != NULL)
			quote = *text;
		else if (quote == '\0' && *text == '#')
			break;
	}
	return text;
}

static struct range value_range(const struct line *line, const char *value)
{
	const char *end = line->text + line->length;
	size_t from, to;

	value += strspn(value, blanks);
	while (end > value && strchr(blanks, end[-1]) != NULL)
		end--;
	from = (size_t)(value - line->text);
	to = (size_t)(end - line->text);
	return (struct range){ line->offsets[from], to > from ? line->offsets[to - 1] + 1 : line->offsets[from] };
}

/* The number of the line with the byte `at`. */
static long line_number(const char *text, size_t at)
{
	long number = 1;

	for (size_t i = 0; i < at; i++)
		number += text[i] == '\n' ? 1 : 0;
	return number;
}

static void look(struct reader *reader, const char *section, const char *key, struct spot *spot)
{
	while (next_entry(reader)) {
		const struct line *line = &reader->line;
		const char *value = find_value(reader, section, key);

		if (reader->section != NULL && strcmp(reader->section, section) == 0) {
			spot->has_section = true;
			spot->end = line->range.to;
			spot->indent.from = line->range.from;
			spot->indent.to = line->range.from + strspn(reader->text + line->range.from, " \t");
			spot->has_line_end = line->has_line_end;
			spot->goes_on = line->goes_on;
		}
		if (value == NULL)
			continue;
		spot->has_key = true;
		spot->line = line->range;
		spot->value = value_range(line, value);
	}
}

static int reader_open(struct reader *reader, const char *text, size_t length, struct error *error)
{
	*reader = (struct reader){ .text = text, .length = length };
	if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0)
		reader->line.range.to = 3;
	reader->line.text = calloc(length + 1, 1);
	reader->line.offsets = calloc(length + 1, sizeof(*reader->line.offsets));
	reader->section = strdup("default");
	return reader->line.text != NULL && reader->line.offsets != NULL && reader->section != NULL ? 0 :
	       error_memory(error);
}

static void reader_close(struct reader *reader)
{
	free(reader->section);
	free(reader->line.offsets);
	wipe_free(reader->line.text);
}

int spot_find(const char *text, size_t length, const char *section, const char *key, struct spot *spot,
	      struct error *error)
{
	struct reader reader;
	int result = reader_open(&reader, text, length, error);

	memset(spot, 0, sizeof(*spot));
	if (result == 0)
		look(&reader, section, key, spot);
	if (reader.exhausted)
		result = error_memory(error);
	reader_close(&reader);
	return result;
}

int comment_find(const char *text, size_t length, long *number, struct error *error)
{
	struct reader reader;
	int result = reader_open(&reader, text, length, error);

	*number = 0;
	while (result == 0 && *number == 0 && next_line(&reader)) {
		const char *first = reader.line.text + strspn(reader.line.text, blanks);
		const char *comment = find_comment(first);

		if (strchr("[#", *first) == NULL && *comment != '\0')
			*number = line_number(text, reader.line.offsets[comment - reader.line.text]);
	}
	reader_close(&reader);
	return result;
}
