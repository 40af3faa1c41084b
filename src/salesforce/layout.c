/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/layout.h"

#include <string.h>

static const char *after(const char *text, const char *end)
{
	const char *found = strstr(text, end);

	return found != NULL ? found + strlen(end) : NULL;
}

/* The end of the markup that begins at '<', NULL if it has none. A tag ends at the first '>' outside quotes. */
static const char *markup_end(const char *text)
{
	char quote = '\0';

	if (strncmp(text, "<![CDATA[", 9) == 0)
		return after(text, "]]>");
	if (strncmp(text, "<!--", 4) == 0)
		return after(text + 4, "-->");
	if (strncmp(text, "<?", 2) == 0)
		return after(text, "?>");
	for (; *text != '\0'; text++) {
		if (quote == '\0' && *text == '>')
			return text + 1;
		if (quote == '\0' && (*text == '"' || *text == '\''))
			quote = *text;
		else if (quote == *text)
			quote = '\0';
	}
	return NULL;
}

bool layout_find(const char *text, size_t index, struct layout *layout)
{
	size_t depth = 0, seen = 0;
	const char *end;

	*layout = (struct layout){ .root = NULL };
	for (const char *tag = strchr(text, '<'); tag != NULL; tag = strchr(end, '<')) {
		bool closes = tag[1] == '/', is_empty;

		end = markup_end(tag);
		if (end == NULL)
			return false;
		if (tag[1] == '!' || tag[1] == '?')
			continue;
		is_empty = end[-2] == '/';
		depth -= closes ? 1 : 0;
		if (depth == 0 && !closes)
			layout->root = tag;
		if (depth == 1 && !closes && seen++ == index) {
			layout->start = tag;
			layout->content = end;
		}
		if (depth == 1 && layout->start != NULL && (closes || is_empty)) {
			layout->content_end = closes ? tag : end;
			layout->end = end;
			return true;
		}
		depth += closes || is_empty ? 0 : 1;
	}
	return false;
}

const char *layout_line(const char *text, const char *at)
{
	while (at > text && at[-1] != '\r' && at[-1] != '\n')
		at--;
	return at;
}

const char *layout_line_end(const char *at)
{
	return at + strcspn(at, "\r\n");
}

const char *layout_newline(const char *text)
{
	const char *first = layout_line_end(text);

	if (*first != '\r')
		return "\n";
	return first[1] == '\n' ? "\r\n" : "\r";
}

bool layout_is_blank(const char *start, const char *end)
{
	return start + strspn(start, LAYOUT_BLANKS) >= end;
}
