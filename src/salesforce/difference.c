/* SPDX-License-Identifier: Apache-2.0 */
/* Shows what a new certificate changes in a settings file. */
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
	bool cut_before, cut_after; /* the first and the last line hold more */
	size_t first;               /* the number of the first line in its file, from 1 */
};

/* Copies the bytes without '\r' before '\n'; any other '\r' becomes '\n'. */
static bool take_text(const char *start, const char *end, struct lines *lines)
{
	char *to = malloc((size_t)(end - start) + 1);

	lines->text = to;
	if (to == NULL)
		return false;
	for (; start < end; start++) {
		if (*start != '\r')
			*to++ = *start;
		else if (start[1] != '\n')
			*to++ = '\n';
	}
	*to = '\0';
	/* In encodings other than UTF-8, characters outside ASCII become '?'. */
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
	size_t count;
	xmlNode *certificate = appfile_field(file, "certificate", &count);
	const char *start, *end;
	struct layout layout;

	*lines = (struct lines){ .first = 1 };
	if (certificate == NULL)
		return true;
	if (!appfile_layout(file, certificate, &layout))
		return false;
	start = layout_line(file->data, layout.start);
	end = layout_line_end(layout.end);
	lines->cut_before = !layout_is_blank(start, layout.start);
	lines->cut_after = !layout_is_blank(layout.end, end);
	if (lines->cut_before)
		start = layout.start;
	if (lines->cut_after)
		end = layout.end;
	for (const char *at = file->data; at < start; at++)
		lines->first += *at == '\n' || (*at == '\r' && at[1] != '\n') ? 1 : 0;
	return take_text(start, end, lines) && split(lines);
}

static void print_lines(FILE *stream, char sign, const struct lines *lines, size_t head, size_t tail)
{
	for (size_t i = head; i + tail < lines->count; i++)
		fprintf(stream, "%c%s%s%s\n", sign, i == 0 && lines->cut_before ? "…" : "", lines->list[i],
			i == lines->count - 1 && lines->cut_after ? "…" : "");
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
