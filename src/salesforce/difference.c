/* SPDX-License-Identifier: Apache-2.0 */
/* What a new certificate changes in a settings file, for a person. */
#include "salesforce/appfile-internal.h"

#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lines of a file that hold its certificate, as UTF-8. */
struct lines {
	char *text;
	char **list;
	size_t count;
	bool cut_before, cut_behind; /* there is more in the first and in the last line */
	size_t first; /* number of the first line in its file, from 1 */
};

/* A unit as UTF-8. All of a certificate is ASCII; what else stands in its element is shown where it is. */
static char *put_unit(char *to, unsigned unit)
{
	if (unit < 0x80) {
		*to++ = (char)unit;
	} else if (unit < 0x800) {
		*to++ = (char)(0xc0 | unit >> 6);
		*to++ = (char)(0x80 | (unit & 0x3f));
	} else {
		*to++ = (char)(0xe0 | unit >> 12);
		*to++ = (char)(0x80 | (unit >> 6 & 0x3f));
		*to++ = (char)(0x80 | (unit & 0x3f));
	}
	return to;
}

static bool take_text(const struct layout *layout, size_t start, size_t end, struct lines *lines)
{
	char *to = malloc((end - start) * 3 + 1);

	lines->text = to;
	if (to == NULL)
		return false;
	for (; start < end; start++) {
		unsigned unit = layout_unit(layout, start);

		if (unit == '\r')
			unit = layout_unit(layout, start + 1) == '\n' ? 0 : '\n';
		if (unit == 0)
			continue;
		/* Bytes that may be UTF-8 are taken over; text_clean makes '?' of what is none. */
		if (layout->width == 1)
			*to++ = (char)unit;
		else
			to = put_unit(to, unit);
	}
	*to = '\0';
	text_clean(lines->text, "\t\n");
	return true;
}

static bool split(struct lines *lines)
{
	size_t most = 2;

	for (const char *c = lines->text; *c != '\0'; c++)
		most += *c == '\n' ? 1 : 0;
	lines->list = calloc(most, sizeof(*lines->list));
	if (lines->list == NULL)
		return false;
	for (char *line = lines->text; line != NULL;) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = '\0';
		lines->list[lines->count++] = line;
		line = end;
	}
	return true;
}

static bool take_lines(const struct appfile *file, struct lines *lines)
{
	const struct layout *layout = &file->layout;
	const struct layout_element *element;
	size_t start, end;

	memset(lines, 0, sizeof(*lines));
	lines->first = 1;
	if (file->certificate == NULL)
		return true;
	element = &layout->children[file->index];
	start = layout_line(layout, element->start);
	end = layout_line_end(layout, element->end);
	if (!layout_is_blank(layout, start, element->start)) {
		start = element->start;
		lines->cut_before = true;
	}
	if (!layout_is_blank(layout, element->end, end)) {
		end = element->end;
		lines->cut_behind = true;
	}
	for (size_t i = 0; i < start; i++) {
		unsigned unit = layout_unit(layout, i);

		lines->first += unit == '\n' || (unit == '\r' && layout_unit(layout, i + 1) != '\n') ? 1 : 0;
	}
	return take_text(layout, start, end, lines) && split(lines);
}

static void print_lines(FILE *stream, char sign, const struct lines *lines, size_t head, size_t tail)
{
	for (size_t i = head; i + tail < lines->count; i++)
		fprintf(stream, "%c%s%s%s\n", sign, i == 0 && lines->cut_before ? "…" : "", lines->list[i],
			i == lines->count - 1 && lines->cut_behind ? "…" : "");
}

static void print(FILE *stream, const struct appfile *file, const struct lines *old, const struct lines *new)
{
	size_t least = old->count < new->count ? old->count : new->count, head = 0, tail = 0;
	char name[PATH_MAX];

	while (head < least && strcmp(old->list[head], new->list[head]) == 0)
		head++;
	while (tail < least - head && strcmp(old->list[old->count - 1 - tail], new->list[new->count - 1 - tail]) == 0)
		tail++;
	snprintf(name, sizeof(name), "%s", file->name);
	text_line(name);
	fprintf(stream, "--- %s\n+++ %s\n@@ -%zu,%zu +%zu,%zu @@\n", name, name,
		old->count > 0 ? old->first + head : new->first - 1, old->count - head - tail, new->first + head,
		new->count - head - tail);
	print_lines(stream, '-', old, head, tail);
	print_lines(stream, '+', new, head, tail);
}

char *appfile_difference(const struct appfile *old, const struct appfile *new)
{
	struct lines before, after = { .text = NULL };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	bool good = take_lines(old, &before) && take_lines(new, &after) && stream != NULL;

	if (good)
		print(stream, old, &before, &after);
	if (stream != NULL && fclose(stream) != 0)
		good = false;
	free(before.text);
	free(before.list);
	free(after.text);
	free(after.list);
	if (!good) {
		free(text);
		return NULL;
	}
	return text;
}
