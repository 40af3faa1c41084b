/* SPDX-License-Identifier: Apache-2.0 */
/* Changes values in a configuration file. What is spliced in is found by our own reading of the file, so the result is
 * given to OpenSSL, and must have the wanted values and all others unchanged. */
#include "settings/edit.h"

#include "base/secret.h"
#include "base/snapshot.h"
#include "settings/config.h"
#include "settings/edit-check.h"
#include "settings/edit-lines.h"

#include <stdlib.h>
#include <string.h>

/* Text that may have a PIN. */
struct text {
	char *data; /* a NUL follows */
	size_t length;
};

/* --- the text ---------------------------------------------------------------------------------------------------- */

/* Replaces a range by the parts, which end with NULL. */
static int splice(struct text *text, struct range range, const char *const *parts, struct error *error)
{
	size_t length = text->length - (range.to - range.from);
	char *data, *next;

	for (size_t i = 0; parts[i] != NULL; i++)
		length += strlen(parts[i]);
	data = malloc(length + 1);
	if (data == NULL)
		return error_memory(error);
	next = (char *)memcpy(data, text->data, range.from) + range.from;
	for (size_t i = 0; parts[i] != NULL; i++)
		next = stpcpy(next, parts[i]);
	memcpy(next, text->data + range.to, text->length - range.to);
	data[length] = '\0';
	wipe_free(text->data);
	*text = (struct text){ data, length };
	return 0;
}

/* Adds a line to the section, which is added at the end of the file if it is missing. */
static int add_line(struct text *text, const struct spot *spot, const char *section, const char *key,
		    const char *value, struct error *error)
{
	const char *first = memchr(text->data, '\n', text->length);
	const char *line_end = first != NULL && first > text->data && first[-1] == '\r' ? "\r\n" : "\n";
	size_t at = spot->has_section ? spot->end : text->length;
	bool in_line = spot->has_section ? !spot->has_line_end : at > 0 && text->data[at - 1] != '\n';
	char *indent = strndup(text->data + spot->indent.from, spot->indent.to - spot->indent.from);
	char *name = settings_section_name(section);
	const char *parts[12];
	size_t count = 0;
	int result = 0;

	if (in_line)
		parts[count++] = line_end;
	/* A line that goes on ends at an empty one, and a new section looks better after one. */
	if (spot->has_section ? spot->goes_on : at > 0)
		parts[count++] = line_end;
	if (!spot->has_section) {
		parts[count++] = "[";
		parts[count++] = name;
		parts[count++] = "]";
		parts[count++] = line_end;
	}
	parts[count++] = indent;
	parts[count++] = key;
	parts[count++] = " = ";
	parts[count++] = value;
	parts[count++] = line_end;
	parts[count] = NULL;
	if (indent == NULL || name == NULL)
		result = error_memory(error);
	else
		result = splice(text, (struct range){ at, at }, parts, error);
	free(indent);
	free(name);
	return result;
}

static int set_value(struct text *text, const struct edit *edit, const char *key, const char *value,
		     struct error *error)
{
	char *quoted = settings_quoted(value);
	struct spot spot;
	int result = quoted != NULL ? 0 : error_memory(error);

	if (result == 0)
		result = spot_find(text->data, text->length, edit->section, key, &spot, error);
	if (result == 0 && spot.has_key)
		result = splice(text, spot.value, (const char *[]){ quoted, NULL }, error);
	else if (result == 0)
		result = add_line(text, &spot, edit->section, key, quoted, error);
	wipe_free(quoted);
	return result;
}

static int remove_key(struct text *text, const struct edit *edit, const char *key, struct error *error)
{
	struct spot spot;
	int result;

	do {
		result = spot_find(text->data, text->length, edit->section, key, &spot, error);
		if (result == 0 && spot.has_key)
			result = splice(text, spot.line, (const char *[]){ NULL }, error);
	} while (result == 0 && spot.has_key);
	return result;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int refuse(const struct edit *edit, const char *why, struct error *error)
{
	error_set(error, ERROR_CONFIG, "cannot change %s: %s", edit->path, why);
	if (edit->is_rehearsal) {
		error_hint(error, "nothing was changed; write the values of [%s] out, without $, and let no other "
				  "section refer to them", edit->section);
		return -ERROR_CONFIG;
	}
	error_append(error, "; the lines to set are:");
	error_append(error, "\n  [%s]", edit->section);
	for (size_t i = 0; i < edit->count; i++) {
		const char *key = settings_name(edit->changes[i].id), *value = edit->changes[i].value;
		char *quoted = value != NULL ? settings_quoted(value) : NULL;

		if (quoted != NULL) {
			error_append(error, "\n  %s = %s", key, quoted);
		} else {
			error_append(error, "\n  (no %s)", key);
		}
		wipe_free(quoted);
	}
	error_hint(error, "change the file by hand");
	return -ERROR_CONFIG;
}

/* A value that the file could not have is a mistake of ours, or of whoever named the file of a certificate. */
static int check_values(const struct edit *edit, struct error *error)
{
	for (size_t i = 0; i < edit->count; i++) {
		struct url url;
		long number;

		if (edit->changes[i].value != NULL &&
		    settings_parse(edit->changes[i].id, edit->changes[i].value, &number, &url, error) < 0)
			return error_result(error);
	}
	return 0;
}

static int make_changes(struct text *text, const struct edit *edit, const CONF *before, struct error *error)
{
	CONF *after = NULL;
	int result = 0;

	for (size_t i = 0; i < edit->count && result == 0; i++) {
		const struct settings_change *change = &edit->changes[i];
		const char *key = settings_name(change->id);

		result = change->value != NULL ? set_value(text, edit, key, change->value, error) :
						 remove_key(text, edit, key, error);
	}
	if (result < 0)
		return result;
	if (text->length > CONFIG_MAX)
		return refuse(edit, "it would be too large", error);
	result = config_parse(edit->path, text->data, text->length, &after, error);
	if (result == -ERROR_CONFIG || (result == 0 && !edit_is_right(before, after, edit)))
		result = refuse(edit, "values there depend on others, or are written in an unusual way", error);
	config_free(after);
	return result;
}

static int edit_text(const struct edit *edit, const char *text, size_t length, char **result, size_t *result_length,
		     struct error *error)
{
	struct text changed = { malloc(length + 1), length };
	CONF *before = NULL;
	int status = changed.data != NULL ? check_values(edit, error) : error_memory(error);

	*result = NULL;
	*result_length = 0;
	if (status == 0) {
		memcpy(changed.data, text, length);
		changed.data[length] = '\0';
		status = config_parse(edit->path, changed.data, length, &before, error);
	}
	if (status == 0 && !edit_is_done(before, edit))
		status = make_changes(&changed, edit, before, error);
	config_free(before);
	if (status < 0) {
		wipe_free(changed.data);
		return status;
	}
	*result = changed.data;
	*result_length = changed.length;
	return 0;
}

int settings_edit_text(const char *path, const char *text, size_t length, const char *section,
		       const struct settings_change *changes, size_t count, char **result, size_t *result_length,
		       struct error *error)
{
	const struct edit edit = { path, section, changes, count, false };

	return edit_text(&edit, text, length, result, result_length, error);
}

static int edit_file(const struct edit *edit, struct error *error)
{
	struct snapshot snapshot;
	char *text = NULL;
	size_t length;
	int result = snapshot_take(&snapshot, edit->path, CONFIG_MAX, error);

	if (result == 0)
		result = edit_text(edit, snapshot.data, snapshot.length, &text, &length, error);
	if (result == 0 && !edit->is_rehearsal &&
	    (length != snapshot.length || memcmp(text, snapshot.data, length) != 0))
		result = snapshot_replace(&snapshot, edit->path, text, length, error);
	wipe_free(text);
	snapshot_clear(&snapshot);
	return result;
}

int settings_edit(const char *path, const char *section, const struct settings_change *changes, size_t count,
		  struct error *error)
{
	const struct edit edit = { path, section, changes, count, false };

	return edit_file(&edit, error);
}

int settings_edit_rehearse(const char *path, const char *section, const struct settings_change *changes, size_t count,
			   struct error *error)
{
	const struct edit edit = { path, section, changes, count, true };

	return edit_file(&edit, error);
}
