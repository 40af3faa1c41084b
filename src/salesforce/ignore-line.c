/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/ignore-line.h"

#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096 };

static bool is_range(char from, char to)
{
	return from <= to && ((islower((unsigned char)from) && islower((unsigned char)to)) ||
			      (isupper((unsigned char)from) && isupper((unsigned char)to)) ||
			      (isdigit((unsigned char)from) && isdigit((unsigned char)to)));
}

/* The reason why fnmatch(3), git and the Salesforce CLI disagree on the bracket at *text. If they agree, returns NULL
 * and moves *text to the end of the bracket. */
static const char *bracket_fault(const char **text)
{
	const char *first = *text + (strchr("!^", (*text)[1]) != NULL ? 2 : 1), *at;

	if (*first == '\0')
		return "has a bracket that is not closed";
	for (at = first; at == first || *at != ']'; at++) {
		if (*at == '\0' || *at == '/')
			return "has a bracket that is not closed";
		if (*at == '\\')
			return "has a backslash in a bracket";
		if (strncmp(at, "[:", 2) == 0 || strncmp(at, "[=", 2) == 0 || strncmp(at, "[.", 2) == 0)
			return "has a class of characters in a bracket";
		if (at[1] == '-' && at[2] != '\0' && at[2] != ']') {
			if (!is_range(at[0], at[2]))
				return "has a range in a bracket that is not within a-z, A-Z or 0-9";
			at += 2;
		}
	}
	*text = at;
	return NULL;
}

static bool ends_in_backslash(const char *text)
{
	size_t length = strlen(text), count = 0;

	while (count < length && text[length - 1 - count] == '\\')
		count++;
	return count % 2 == 1;
}

const char *ignore_line_fault(const char *text)
{
	const char *fault = strlen(text) > LINE_MAX_BYTES ? "is longer than 4096 bytes" : text_fault(text);

	if (fault == NULL && text[0] == '!')
		fault = "begins with '!', which includes files again";
	for (; fault == NULL && *text != '\0'; text++) {
		if (*text == '[')
			fault = bracket_fault(&text);
		else if (*text == '\\' && (text[1] == '\0' || text[1] == '/'))
			fault = text[1] == '/' ? "has a backslash before a slash" : "ends in a backslash";
		else if (*text == '\\')
			text++;
	}
	return fault;
}

void ignore_line_trim(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '\r')) {
		text[length - 1] = '\0';
		if (ends_in_backslash(text)) {
			text[length - 1] = ' ';
			return;
		}
		length--;
	}
}
