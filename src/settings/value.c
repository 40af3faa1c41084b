/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and parses the values of each type. */
#include "settings/table.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const yes_words[] = { "yes", "true", "on", "1", NULL };
static const char *const no_words[] = { "no", "false", "off", "0", NULL };

static bool is_among(const char *word, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasecmp(word, *words) == 0)
			return true;
	}
	return false;
}

/* The index of `text` among the choices, or -1. */
static long choice_index(const char *text, const char *choices)
{
	size_t length = strlen(text);

	for (long index = 0;; index++) {
		size_t span = strcspn(choices, "|");

		if (span == length && memcmp(text, choices, length) == 0)
			return index;
		if (choices[span] == '\0')
			return -1;
		choices += span + 1;
	}
}

static bool parse_digits(const char *text, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return isdigit((unsigned char)*text) && errno == 0 && *end == '\0';
}

static bool parse_offset(const char *text, long *number)
{
	bool no = strcmp(text, "no") == 0, negative = *text == '-';
	bool valid = no || parse_digits(text + negative, number);

	*number = no ? 0 : negative ? -*number : *number;
	return valid;
}

static bool is_audit(const char *text)
{
	return choice_index(text, "journal|syslog|off") >= 0 || strncmp(text, "file:/", strlen("file:/")) == 0;
}

static bool parse_mode(const char *text, long allowed, long *number)
{
	size_t length = strspn(text, "01234567");

	*number = strtol(text, NULL, 8);
	return (length == 3 || length == 4) && text[length] == '\0' && (*number & ~allowed) == 0;
}

/* An audience may be any text, but what is meant as a URL must be one. */
static bool is_url(enum setting_type type, const char *text)
{
	return type == TYPE_URL ||
	       (type == TYPE_AUDIENCE && (strcasestr(text, "http://") != NULL || strcasestr(text, "https://") != NULL));
}

/* Returns the fault of a text and sets *hint to its remedy, or to NULL; returns NULL if the text has no fault. */
static const char *content_fault(const struct setting *setting, const char *text, struct url *url, const char **hint)
{
	bool url_wanted = is_url(setting->type, text);
	const char *fault = text_fault(text), *url_fault = url_wanted ? url_parse(url, text) : NULL;
	enum pasted_kind pasted = setting->pasted == PASTED_URL && !url_wanted ? PASTED_ENDS : setting->pasted;

	*hint = NULL;
	if (fault != NULL) {
		if (*text != '\0' && strchr("\r\n", text[strlen(text) - 1]) != NULL)
			*hint = "remove the line end after the value, and convert the file that contains it to Unix "
				"line ends";
		return fault;
	}
	if (pasted != PASTED_NOT)
		fault = pasted_fault(text, pasted, hint);
	if (fault != NULL)
		return fault;
	*hint = NULL;
	if (setting->type == TYPE_AUDIT && !is_audit(text))
		return "is not journal, syslog, off, or file: and an absolute path";
	if (setting->type == TYPE_AGENT && *text != '/' && choice_index(text, "auto|no") < 0)
		return "is not an absolute path, auto or no";
	if (setting->type == TYPE_PATH && *text != '/')
		return "is not an absolute path";
	return url_fault;
}

/* URLs, URIs and fields of a form are not shown, because they may contain a password or a PIN. */
static int check_content(const struct setting *setting, const char *text, const char *origin, enum error_class class,
			 struct url *url, struct error *error)
{
	const char *hint, *fault = content_fault(setting, text, url, &hint);

	if (fault == NULL)
		return 0;
	if (setting->type == TYPE_URL || setting->type == TYPE_AUDIENCE || setting->type == TYPE_PROXY)
		error_set(error, class, "%s: the URL %s", origin, fault);
	else if (setting->type == TYPE_URI)
		error_set(error, class, "%s: the URI %s", origin, fault);
	else if (setting->is_form)
		error_set(error, class, "%s: the value %s", origin, fault);
	else
		error_set(error, class, "%s: \"%s\" %s", origin, text, fault);
	if (hint != NULL)
		error_hint(error, "%s", hint);
	return -(int)class;
}

int value_parse(const struct setting *setting, const char *text, const char *origin, enum layer layer, long *number,
		struct url *url, struct error *error)
{
	enum error_class class = layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG;
	long choice = setting->choices != NULL ? choice_index(text, setting->choices) : 0;

	if (choice < 0)
		return error_set(error, class, "%s: \"%s\" is not one of %s", origin, text, setting->choices);
	switch (setting->type) {
	case TYPE_FLAG:
		*number = is_among(text, yes_words);
		if (*number == 0 && !is_among(text, no_words))
			return error_set(error, class, "%s: \"%s\" is neither yes nor no", origin, text);
		return 0;
	case TYPE_NUMBER:
		if (!parse_digits(text, number) || *number < setting->min || *number > setting->max)
			return error_set(error, class, "%s: \"%s\" is not a whole number from %ld to %ld", origin, text,
					 setting->min, setting->max);
		return 0;
	case TYPE_OFFSET:
		if (!parse_offset(text, number) || *number < setting->min || *number > setting->max)
			return error_set(error, class,
					 "%s: \"%s\" is neither a whole number from %ld to %ld nor \"no\"", origin,
					 text, setting->min, setting->max);
		return 0;
	case TYPE_MODE:
		if (!parse_mode(text, setting->max, number))
			return error_set(error, class,
					 "%s: \"%s\" is not an octal mode with no more permissions than %04lo", origin,
					 text, setting->max);
		return 0;
	case TYPE_CHOICE:
		*number = choice;
		return 0;
	case TYPE_URL:
	case TYPE_AUDIENCE:
	case TYPE_PROXY:
	case TYPE_TEXT:
	case TYPE_PAIRS:
	case TYPE_URI:
	case TYPE_AUDIT:
	case TYPE_AGENT:
	case TYPE_PATH:
		break;
	}
	return check_content(setting, text, origin, class, url, error);
}

int value_follow(const struct setting *setting, const struct value *earlier, long earlier_number,
		 const struct value *later, long later_number, struct error *error)
{
	bool flag = setting->type == TYPE_FLAG;
	bool on = flag ? earlier_number != 0 : strcmp(earlier->text, setting->fallback) != 0;
	bool changes = flag ? earlier_number != later_number : strcmp(earlier->text, later->text) != 0;

	if (!on || !changes || earlier->layer == later->layer)
		return 0;
	error_set(error, later->layer == LAYER_OPTION ? ERROR_USAGE : ERROR_CONFIG,
		  "%s: \"%s\" is not allowed, because %s sets \"%s\"", later->origin, later->text, earlier->origin,
		  earlier->text);
	error_hint(error, "remove it: what has turned %s on cannot be overridden, only repeated", setting->name);
	return error_result(error);
}
