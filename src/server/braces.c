/* SPDX-License-Identifier: Apache-2.0 */
#include "server/braces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const BRACES_KEPT = "kept";

/* A field is "{NAME}" or "{NAME:CHANGE}". */
struct field {
	char name[BRACES_NAME_SIZE], change[BRACES_NAME_SIZE];
	size_t length; /* with its braces */
};

static void upper(char *value)
{
	for (; *value != '\0'; value++) {
		if (*value >= 'a' && *value <= 'z')
			*value = (char)(*value - 'a' + 'A');
	}
}

/* Snowflake's account identifier without region and cloud: up to the first dot, or, in a global one, up to the dash. */
static void cut_account(char *value)
{
	value[strcspn(value, strstr(value, ".global") != NULL ? "-" : ".")] = '\0';
	upper(value);
}

static const struct change {
	const char *name;
	void (*apply)(char *value);
} changes[] = {
	{ "upper", upper },
	{ "snowflake-account", cut_account },
};

static const struct change *find_change(const char *name)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (strcmp(changes[i].name, name) == 0)
			return &changes[i];
	}
	return NULL;
}

static int field_read(const char *text, struct field *field, struct error *error)
{
	size_t length = strcspn(text, "}");
	const char *colon = memchr(text, ':', length), *end = text + length;

	if (*end != '}' || length < 2 || length >= BRACES_NAME_SIZE)
		return error_set(error, ERROR_CONFIG, "\"%.200s\" is not a field in braces; for a brace, write {{",
				 text);
	snprintf(field->name, sizeof(field->name), "%.*s", (int)((colon != NULL ? colon : end) - text - 1), text + 1);
	snprintf(field->change, sizeof(field->change), "%.*s", colon != NULL ? (int)(end - colon - 1) : 0,
		 colon != NULL ? colon + 1 : "");
	field->length = length + 1;
	if (field->change[0] != '\0' && find_change(field->change) == NULL)
		return error_set(error, ERROR_CONFIG, "the field {%s:%s} has an unknown change", field->name,
				 field->change);
	return 0;
}

/* Writes the value of the field at `text`; with `some`, as a template, or the field itself. */
static int field_write(FILE *stream, const char *text, const struct field *field, const char *value, bool some,
		       struct error *error)
{
	char *copy, *template = NULL;

	if (value == NULL || (value == BRACES_KEPT && !some))
		return error_set(error, ERROR_CONFIG, "{%s} has no value", field->name);
	if (value == BRACES_KEPT) {
		fprintf(stream, "%.*s", (int)field->length, text);
		return 0;
	}
	copy = strdup(value);
	if (copy == NULL)
		return error_memory(error);
	if (field->change[0] != '\0')
		find_change(field->change)->apply(copy);
	template = some ? braces_doubled(copy) : NULL;
	if (!some || template != NULL)
		fputs(some ? template : copy, stream);
	free(copy);
	free(template);
	return !some || template != NULL ? 0 : error_memory(error);
}

static int fill(const char *template, braces_lookup *lookup, void *context, bool some, char **text,
		struct error *error)
{
	size_t size;
	FILE *stream = open_memstream(text, &size);
	struct field field;
	int result = 0;

	if (stream == NULL)
		return error_memory(error);
	while (*template != '\0' && result == 0) {
		if (template[0] != '{') {
			fputc(*template++, stream);
		} else if (template[1] == '{') {
			fputs(some ? "{{" : "{", stream);
			template += 2;
		} else if ((result = field_read(template, &field, error)) == 0) {
			result = field_write(stream, template, &field, lookup(context, field.name), some, error);
			template += field.length;
		}
	}
	if (fclose(stream) != 0 && result == 0)
		result = error_memory(error);
	if (result < 0) {
		free(*text);
		*text = NULL;
	}
	return result;
}

int braces_fill(const char *template, braces_lookup *lookup, void *context, char **text, struct error *error)
{
	return fill(template, lookup, context, false, text, error);
}

int braces_fill_some(const char *template, braces_lookup *lookup, void *context, char **text,
		       struct error *error)
{
	return fill(template, lookup, context, true, text, error);
}

bool braces_in(const char *template)
{
	return strchr(template, '{') != NULL;
}

char *braces_doubled(const char *text)
{
	char *template = malloc(2 * strlen(text) + 1), *next = template;

	for (; template != NULL && *text != '\0'; text++) {
		if (*text == '{')
			*next++ = '{';
		*next++ = *text;
	}
	if (template != NULL)
		*next = '\0';
	return template;
}
