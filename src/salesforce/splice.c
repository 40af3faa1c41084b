/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a certificate into the bytes of a settings file. */
#include "salesforce/appfile-internal.h"

#include <stdlib.h>
#include <string.h>

/* --- the copy in the making -------------------------------------------------------------------------------------- */

struct splice {
	const struct layout *layout;
	char *data;
	size_t length, room;
	size_t position; /* units of the original that are taken over or left out */
	bool failed;     /* memory is out */
};

static void append(struct splice *splice, const void *data, size_t length)
{
	if (!splice->failed && splice->length + length > splice->room) {
		size_t room = (splice->length + length) * 2;
		char *grown = realloc(splice->data, room);

		if (grown == NULL) {
			splice->failed = true;
		} else {
			splice->data = grown;
			splice->room = room;
		}
	}
	if (splice->failed)
		return;
	if (length > 0)
		memcpy(splice->data + splice->length, data, length);
	splice->length += length;
}

/* ASCII in the file's encoding, with the file's line ends. */
static void append_text(struct splice *splice, const char *text)
{
	for (; *text != '\0'; text++) {
		const char *unit = *text == '\n' ? splice->layout->line_end : text;

		for (size_t i = 0; i < (*text == '\n' ? strlen(unit) : 1); i++) {
			if (splice->layout->width == 1)
				append(splice, &unit[i], 1);
			else
				append(splice, splice->layout->big_endian ? (char[]){ 0, unit[i] } : (char[]){ unit[i], 0 }, 2);
		}
	}
}

/* A part of the original once more. */
static void append_range(struct splice *splice, size_t start, size_t end)
{
	const struct layout *layout = splice->layout;

	append(splice, layout->data + start * layout->width, (end - start) * layout->width);
}

/* Takes the original over up to `start`, and puts `text` in place of what stands between there and `end`. */
static void replace(struct splice *splice, size_t start, size_t end, const char *text)
{
	append_range(splice, splice->position, start);
	append_text(splice, text);
	splice->position = end;
}

/* --- where ------------------------------------------------------------------------------------------------------- */

static void trim(const struct layout *layout, struct layout_token *text)
{
	while (layout_is_blank(layout, text->inner, text->inner + 1))
		text->inner++;
	while (layout_is_blank(layout, text->inner_end - 1, text->inner_end))
		text->inner_end--;
}

/* The piece of the content that the new value takes the place of: the first text that is not blank, else what is within
 * CDATA, else behind the last comment. When there is nothing but text it is all of it; beside comments the blanks that
 * part them stay. */
static bool find_place(const struct layout *layout, const struct layout_element *element, struct layout_token *place)
{
	struct layout_token token, cdata = { .kind = LAYOUT_ASIDE };
	size_t position = element->content, behind_aside = 0;

	if (layout_token(layout, position, element->content_end, place) && place->kind == LAYOUT_TEXT &&
	    place->end == element->content_end)
		return true;
	for (; layout_token(layout, position, element->content_end, &token); position = token.end) {
		bool is_text = token.kind == LAYOUT_TEXT || token.kind == LAYOUT_CDATA;

		if (is_text && !layout_is_blank(layout, token.inner, token.inner_end)) {
			*place = token;
			if (token.kind == LAYOUT_TEXT)
				trim(layout, place);
			return true;
		}
		if (token.kind == LAYOUT_CDATA && cdata.kind != LAYOUT_CDATA)
			cdata = token;
		if (token.kind == LAYOUT_ASIDE)
			behind_aside = token.end;
		if (token.kind >= LAYOUT_OPEN)
			return false;
	}
	*place = cdata;
	if (cdata.kind != LAYOUT_CDATA)
		place->inner = place->inner_end = behind_aside != 0 ? behind_aside : element->content;
	return position == element->content_end;
}

static int fill(struct splice *splice, const struct appfile *file, const char *pem, struct error *error)
{
	const struct layout *layout = &file->layout;
	const struct layout_element *element = &layout->children[file->index];
	struct layout_token place, token;

	if (!find_place(layout, element, &place))
		return error_set(error, ERROR_CONFIG, "the certificate in %s holds other elements", file->name);
	replace(splice, place.inner, place.inner_end, pem);
	/* A value in several pieces, such as text and CDATA, or with a comment in its middle: the others go. */
	for (size_t next = place.end > place.inner_end ? place.end : place.inner_end;
	     layout_token(layout, next, element->content_end, &token); next = token.end) {
		if (token.kind >= LAYOUT_OPEN)
			return error_set(error, ERROR_CONFIG, "the certificate in %s holds other elements", file->name);
		if (token.kind != LAYOUT_ASIDE && !layout_is_blank(layout, token.inner, token.inner_end))
			replace(splice, token.inner, token.inner_end, "");
	}
	return 0;
}

/* <certificate/>, perhaps with a blank before the slash. */
static void fill_empty(struct splice *splice, const struct layout_element *element, const char *pem)
{
	size_t end = element->end - 2;

	while (layout_is_blank(splice->layout, end - 1, end))
		end--;
	replace(splice, end, element->end, ">");
	append_text(splice, pem);
	append_text(splice, "</");
	append_range(splice, element->name, element->name_end);
	append_text(splice, ">");
}

static void append_element(struct splice *splice, const char *pem)
{
	const struct layout *layout = splice->layout;
	size_t prefix_end = layout_local_name(layout, &layout->root);

	append_text(splice, "<");
	append_range(splice, layout->root.name, prefix_end);
	append_text(splice, "certificate>");
	append_text(splice, pem);
	append_text(splice, "</");
	append_range(splice, layout->root.name, prefix_end);
	append_text(splice, "certificate>");
}

static bool sorts_behind(const struct layout *layout, const struct layout_element *element)
{
	static const char name[] = "certificate";
	size_t position = layout_local_name(layout, element);

	for (size_t i = 0; i < sizeof(name); i++, position++) {
		unsigned unit = position < element->name_end ? layout_unit(layout, position) : 0;

		if (unit != (unsigned char)name[i])
			return unit > (unsigned char)name[i];
	}
	return false;
}

/* A file that was retrieved has its fields in alphabetical order, each in a line of its own. */
static int add(struct splice *splice, const struct appfile *file, const char *pem, struct error *error)
{
	const struct layout *layout = &file->layout;
	const struct layout_element *sibling;
	size_t next = 0, line;
	bool alone;

	if (layout->count == 0)
		return error_set(error, ERROR_CONFIG, "%s has no fields at all: the app's name is missing at least",
				 file->name);
	while (next < layout->count && !sorts_behind(layout, &layout->children[next]))
		next++;
	sibling = &layout->children[next < layout->count ? next : layout->count - 1];
	line = layout_line(layout, sibling->start);
	alone = layout_is_blank(layout, line, sibling->start);
	if (next < layout->count) {
		replace(splice, sibling->start, sibling->start, "");
		append_element(splice, pem);
	} else {
		replace(splice, sibling->end, sibling->end, "");
	}
	if (alone) {
		append_text(splice, "\n");
		append_range(splice, line, sibling->start);
	}
	if (next == layout->count)
		append_element(splice, pem);
	return 0;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int verify(const struct appfile *old, const struct splice *splice, const char *pem, struct error *error)
{
	struct appfile *new = NULL;
	struct error why;
	bool good = appfile_parse(old->name, splice->data, splice->length, old->type, &new, &why) == 0 &&
		    appfile_same_but_for(old, new, pem);

	appfile_free(&new);
	if (good)
		return 0;
	return error_set(error, ERROR_CONFIG, "the certificate cannot be put into %s without changing more than that",
			 old->name);
}

/* An element that says it has no value contradicts the value that it gets. */
static bool is_nil(const xmlNode *node)
{
	xmlChar *nil = xmlGetNsProp(node, (const xmlChar *)"nil",
				    (const xmlChar *)"http://www.w3.org/2001/XMLSchema-instance");
	bool result = nil != NULL && (xmlStrEqual(nil, (const xmlChar *)"true") || xmlStrEqual(nil, (const xmlChar *)"1"));

	xmlFree(nil);
	return result;
}

int appfile_splice(const struct appfile *file, const char *pem, char **data, size_t *length, struct error *error)
{
	struct splice splice = { .layout = &file->layout };
	size_t size = strlen(pem);
	char *value;
	int result = 0;

	*data = NULL;
	if (appfile_count(file, "certificate") > 1)
		return error_set(error, ERROR_CONFIG, "%s has more than one certificate", file->name);
	if (file->certificate != NULL && is_nil(file->certificate))
		return error_set(error, ERROR_CONFIG, "the certificate in %s has the attribute nil, which says that it has none",
				 file->name);
	while (size > 0 && pem[size - 1] == '\n')
		size--;
	value = strndup(pem, size);
	if (value == NULL)
		return error_memory(error);
	if (file->certificate == NULL)
		result = add(&splice, file, value, error);
	else if (file->layout.children[file->index].empty)
		fill_empty(&splice, &file->layout.children[file->index], value);
	else
		result = fill(&splice, file, value, error);
	append_range(&splice, splice.position, file->layout.units);
	if (result == 0)
		result = splice.failed ? error_memory(error) : verify(file, &splice, value, error);
	free(value);
	if (result < 0) {
		free(splice.data);
		return result;
	}
	*data = splice.data;
	*length = splice.length;
	return 0;
}
