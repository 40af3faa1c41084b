/* SPDX-License-Identifier: Apache-2.0 */
/* A strict parser of url-encoded forms: one invalid escape makes the whole body invalid. */
#include "form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool form_is_urlencoded(const char *content_type)
{
	static const char wanted[] = "application/x-www-form-urlencoded";
	const size_t length = sizeof(wanted) - 1;

	if (content_type == NULL || strncasecmp(content_type, wanted, length) != 0)
		return false;
	return content_type[length] == '\0' || content_type[length] == ';' || content_type[length] == ' ';
}

static int hex_value(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* Decodes in place. Returns 0, or -1 for an invalid escape or a character that a form must escape. */
static int unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '%') {
			int high = hex_value(from[1]);
			int low = high < 0 ? -1 : hex_value(from[2]);

			/* %00 would end the value early in string comparisons. */
			if (low < 0 || (high == 0 && low == 0))
				return -1;
			*to++ = (char)(high * 16 + low);
			from += 2;
		} else if (*from == '+') {
			*to++ = ' ';
		} else if (isgraph((unsigned char)*from)) {
			*to++ = *from;
		} else {
			return -1;
		}
	}
	*to = '\0';
	return 0;
}

/* Adds one `name=value`, which it changes in place. */
static int add_field(struct form *form, char *pair)
{
	char *equals = strchr(pair, '=');

	if (equals == NULL || form->count == FORM_FIELDS_MAX)
		return -1;
	*equals = '\0';
	if (unescape(pair) != 0 || unescape(equals + 1) != 0)
		return -1;
	if (form_get(form, pair) != NULL)
		form->repeated = true;
	form->fields[form->count++] = (struct form_field){ .name = pair, .value = equals + 1 };
	return 0;
}

int form_parse(const char *body, size_t length, struct form *form)
{
	char *rest;

	*form = (struct form){ .text = malloc(length + 1) };
	if (form->text == NULL)
		return -1;
	if (length > 0)
		memcpy(form->text, body, length);
	form->text[length] = '\0';
	if (strlen(form->text) != length)
		return -1;
	rest = length > 0 ? form->text : NULL;
	while (rest != NULL) {
		char *pair = strsep(&rest, "&");

		if (add_field(form, pair) != 0)
			return -1;
	}
	return 0;
}

const char *form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	}
	return NULL;
}

void form_clear(struct form *form)
{
	free(form->text);
	*form = (struct form){ 0 };
}
