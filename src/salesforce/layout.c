/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/layout.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256 }; /* libxml2's own limit */

unsigned layout_unit(const struct layout *layout, size_t position)
{
	const unsigned char *unit;

	if (position >= layout->units)
		return 0;
	unit = layout->data + position * layout->width;
	if (layout->width == 1)
		return unit[0];
	return layout->big_endian ? (unsigned)unit[0] << 8 | unit[1] : (unsigned)unit[1] << 8 | unit[0];
}

static bool stands_at(const struct layout *layout, size_t position, const char *text)
{
	for (; *text != '\0'; text++, position++) {
		if (layout_unit(layout, position) != (unsigned char)*text)
			return false;
	}
	return true;
}

/* The position behind the next `text`, or 0. */
static size_t behind(const struct layout *layout, size_t position, size_t limit, const char *text)
{
	size_t length = strlen(text);

	for (; position + length <= limit; position++) {
		if (stands_at(layout, position, text))
			return position + length;
	}
	return 0;
}

static bool is_blank(unsigned unit)
{
	return unit == ' ' || unit == '\t' || unit == '\r' || unit == '\n';
}

bool layout_is_blank(const struct layout *layout, size_t start, size_t end)
{
	for (; start < end; start++) {
		if (!is_blank(layout_unit(layout, start)))
			return false;
	}
	return true;
}

static bool is_line_end(unsigned unit)
{
	return unit == '\r' || unit == '\n';
}

size_t layout_line(const struct layout *layout, size_t position)
{
	while (position > 0 && !is_line_end(layout_unit(layout, position - 1)))
		position--;
	return position;
}

size_t layout_line_end(const struct layout *layout, size_t position)
{
	while (position < layout->units && !is_line_end(layout_unit(layout, position)))
		position++;
	return position;
}

size_t layout_local_name(const struct layout *layout, const struct layout_element *element)
{
	for (size_t i = element->name; i < element->name_end; i++) {
		if (layout_unit(layout, i) == ':')
			return i + 1;
	}
	return element->name;
}

/* A tag ends at the first '>' outside quotes. */
static bool read_tag(const struct layout *layout, size_t limit, struct layout_token *token)
{
	bool close = layout_unit(layout, token->start + 1) == '/';
	size_t position = token->start + (close ? 2 : 1);
	unsigned quote = 0, unit = 0;

	token->inner = position;
	for (; position < limit; position++) {
		unit = layout_unit(layout, position);
		if (is_blank(unit) || unit == '>' || unit == '/')
			break;
	}
	token->inner_end = position;
	for (; position < limit; position++) {
		unit = layout_unit(layout, position);
		if (quote == 0 && unit == '>')
			break;
		if (quote == 0 && (unit == '"' || unit == '\''))
			quote = unit;
		else if (quote == unit)
			quote = 0;
	}
	if (position >= limit || token->inner == token->inner_end)
		return false;
	token->end = position + 1;
	if (close)
		token->kind = LAYOUT_CLOSE;
	else
		token->kind = layout_unit(layout, position - 1) == '/' ? LAYOUT_EMPTY : LAYOUT_OPEN;
	return true;
}

bool layout_token(const struct layout *layout, size_t position, size_t limit, struct layout_token *token)
{
	*token = (struct layout_token){ .kind = LAYOUT_ASIDE, .start = position };
	if (position >= limit)
		return false;
	if (layout_unit(layout, position) != '<') {
		token->kind = LAYOUT_TEXT;
		while (position < limit && layout_unit(layout, position) != '<')
			position++;
		token->inner = token->start;
		token->inner_end = token->end = position;
		return true;
	}
	if (stands_at(layout, position, "<![CDATA[")) {
		token->kind = LAYOUT_CDATA;
		token->inner = position + strlen("<![CDATA[");
		token->end = behind(layout, token->inner, limit, "]]>");
		token->inner_end = token->end - (token->end != 0 ? strlen("]]>") : 0);
	} else if (stands_at(layout, position, "<!--")) {
		token->end = behind(layout, position + strlen("<!--"), limit, "-->");
	} else if (stands_at(layout, position, "<?")) {
		token->end = behind(layout, position, limit, "?>");
	} else if (!stands_at(layout, position, "<!")) {
		return read_tag(layout, limit, token);
	}
	return token->end != 0;
}

static struct layout_element *add_child(struct layout *layout)
{
	struct layout_element *children;

	/* Grows by doubling: a file of 1 MiB may hold hundreds of thousands. */
	if ((layout->count & (layout->count - 1)) == 0) {
		children = realloc(layout->children, (layout->count == 0 ? 1 : layout->count * 2) * sizeof(*children));
		if (children == NULL)
			return NULL;
		layout->children = children;
	}
	return &layout->children[layout->count++];
}

static void element_open(struct layout_element *element, const struct layout_token *token)
{
	*element = (struct layout_element){ token->start, token->end, token->inner, token->inner_end,
					    token->end, token->end, token->kind == LAYOUT_EMPTY };
}

static int read_elements(struct layout *layout, size_t position)
{
	struct layout_element *current = NULL;
	struct layout_token token;
	bool seen_root = false;
	size_t depth = 0;

	for (; position < layout->units; position = token.end) {
		if (!layout_token(layout, position, layout->units, &token))
			return -1;
		if (token.kind == LAYOUT_OPEN || token.kind == LAYOUT_EMPTY) {
			if (depth == 0 && seen_root)
				return -1;
			if (depth <= 1) {
				current = depth == 0 ? &layout->root : add_child(layout);
				if (current == NULL)
					return -1;
				element_open(current, &token);
				seen_root = true;
			}
			depth += token.kind == LAYOUT_OPEN ? 1 : 0;
			if (depth > DEPTH_MAX)
				return -1;
		} else if (token.kind == LAYOUT_CLOSE) {
			if (depth == 0 || current == NULL)
				return -1;
			depth--;
			if (depth == 0)
				current = &layout->root;
			if (depth <= 1) {
				current->content_end = token.start;
				current->end = token.end;
			}
		}
	}
	return seen_root && depth == 0 ? 0 : -1;
}

/* Appendix F of XML 1.0, as far as the encodings that are taken go. The value is the length of the byte-order mark. */
static size_t read_width(struct layout *layout)
{
	static const struct {
		const char *bytes;
		size_t length, mark;
		unsigned width;
		bool big_endian;
	} beginnings[] = {
		{ "\xef\xbb\xbf", 3, 3, 1, false }, { "\xff\xfe", 2, 1, 2, false },   { "\xfe\xff", 2, 1, 2, true },
		{ "<\0?\0", 4, 0, 2, false },       { "\0<\0?", 4, 0, 2, true },
	};

	layout->width = 1;
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (layout->length < beginnings[i].length ||
		    memcmp(layout->data, beginnings[i].bytes, beginnings[i].length) != 0)
			continue;
		layout->width = beginnings[i].width;
		layout->big_endian = beginnings[i].big_endian;
		return beginnings[i].mark;
	}
	return 0;
}

static const char *find_line_end(const struct layout *layout)
{
	size_t end = layout_line_end(layout, 0);

	if (layout_unit(layout, end) != '\r')
		return "\n";
	return layout_unit(layout, end + 1) == '\n' ? "\r\n" : "\r";
}

int layout_read(struct layout *layout, const void *data, size_t length)
{
	size_t first;

	*layout = (struct layout){ .data = data, .length = length };
	first = read_width(layout);
	if (length % layout->width != 0)
		return -1;
	layout->units = length / layout->width;
	layout->line_end = find_line_end(layout);
	return read_elements(layout, first);
}

void layout_clear(struct layout *layout)
{
	free(layout->children);
	layout->children = NULL;
	layout->count = 0;
}
