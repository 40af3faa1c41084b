/* SPDX-License-Identifier: Apache-2.0 */
/* Finds placeholders that a tool should have replaced. */
#include "salesforce/appcheck-internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { PLACEHOLDER_MAX = 64 }; /* bytes between the ends of a placeholder */

/* Letters, digits and separators; with `upper`, at least two characters, and no lower-case letters. */
static bool is_name(const char *text, size_t length, bool upper)
{
	if (length < (upper ? 3 : 1) || length > PLACEHOLDER_MAX ||
	    (!isalpha((unsigned char)*text) && *text != '_' && *text != ' '))
		return false;
	for (size_t i = 0; i < length; i++) {
		bool joint = strchr(upper ? "_" : "_ .:-/?,()", text[i]) != NULL;

		if (!joint && (!isalnum((unsigned char)text[i]) || (upper && islower((unsigned char)text[i]))))
			return false;
	}
	return true;
}

/* Finds a placeholder with these ends in the text. Returns its length, or 0. */
static size_t find_between(const char *text, const char *begin, const char *end, bool upper, const char **found)
{
	for (*found = text; (*found = strstr(*found, begin)) != NULL; (*found)++) {
		const char *name = *found + strlen(begin), *past = strstr(name, end);

		if (past != NULL && is_name(name, (size_t)(past - name), upper))
			return (size_t)(past - *found) + strlen(end);
	}
	return 0;
}

/* Whether the whole text is a placeholder. */
static bool is_word(const char *text, size_t length)
{
	static const char *const words[] = { "todo", "fixme", "tbd", "xxx", "changeme", "change_me", "replaceme",
					     "replace_me" };
	static const char *const beginnings[] = { "your_", "replace_", "insert_", "change_" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (length == strlen(words[i]) && strncasecmp(text, words[i], length) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (strncasecmp(text, beginnings[i], strlen(beginnings[i])) == 0 && is_name(text, length, true))
			return true;
	}
	return *text == '$' && is_name(text + 1, length - 1, true);
}

/* Finds a placeholder in the text. Returns its length, or 0. Ignores the rarer kinds in text for people, which may
 * contain them on purpose. */
static size_t find_placeholder(const char *text, bool is_for_people, const char **found)
{
	static const struct {
		const char *begin, *end;
		bool upper, rare;
	} ends[] = {
		{ "{{", "}}", false, false }, { "${", "}", false, false },   { "#{", "}", false, false },
		{ "<%", "%>", false, false }, { "<%=", "%>", false, false }, { "{%", "%}", false, false },
		{ "%%", "%%", false, false }, { "__", "__", true, false },   { "@@", "@@", true, false },
		{ "$(", ")", false, true },   { "[[", "]]", false, true },   { "<", ">", false, true },
		{ "%", "%", true, true },     { "@", "@", true, true },	     { "{", "}", true, true },
	};
	size_t length;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (is_for_people && ends[i].rare)
			continue;
		length = find_between(text, ends[i].begin, ends[i].end, ends[i].upper, found);
		if (length > 0)
			return length;
	}
	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	*found = text;
	return length > 0 && is_word(text, length) ? length : 0;
}

struct search {
	struct appcheck *check;
	const char *path;
	int result;
};

/* The org accepts any text in a label, a description or a formula. */
static bool visit(void *context, const char *field, const char *text)
{
	struct search *search = context;
	bool is_for_people = strcmp(field, "label") == 0 || strcmp(field, "description") == 0 ||
			     strcmp(field, "formula") == 0;
	bool is_secret = strcmp(field, "consumerSecret") == 0;
	const char *found;
	size_t length = find_placeholder(text, is_for_people, &found);

	if (length > 0)
		search->result = appcheck_add(search->check, is_for_people ? APPCHECK_ADVICE : APPCHECK_UNFIT,
					      "placeholder", search->path,
					      "%.64s has a placeholder that was not replaced%s%.*s", field,
					      is_secret ? "" : ": ", is_secret ? 0 : (int)length, found);
	return search->result == 0;
}

int appcheck_placeholders(struct appcheck *check, const struct apps_file *file)
{
	struct search search = { .check = check, .path = file->path };

	appfile_fields(file->file, visit, &search);
	return search.result;
}
