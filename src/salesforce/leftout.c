/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/leftout.h"

#include "base/message.h"
#include "salesforce/appfile.h"
#include "salesforce/ignore.h"
#include "salesforce/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MAX = 5, NOTE_SIZE = 1024 };

struct leftout {
	struct ignore *ignore;
	struct names names; /* the wrong names */
	size_t reported; /* ignored app files, and backups */
	size_t others;   /* files of other metadata */
	char notes[NAMED_MAX + 2][NOTE_SIZE]; /* the last two: the number of further files, and other metadata */
	size_t note_count;
	char first[NOTE_SIZE - 256]; /* the names of the first of `others` */
};

int leftout_open(const char *path, struct leftout **leftout, struct error *error)
{
	struct leftout *fresh = calloc(1, sizeof(*fresh));
	int result = fresh != NULL ? ignore_read(path, &fresh->ignore, error) : error_memory(error);

	if (result < 0)
		leftout_free(&fresh);
	*leftout = fresh;
	return result;
}

void leftout_free(struct leftout **leftout)
{
	if (*leftout == NULL)
		return;
	ignore_free(&(*leftout)->ignore);
	names_clear(&(*leftout)->names);
	free(*leftout);
	*leftout = NULL;
}

/* Adds a note about a file of an app, or only counts the file if there are NAMED_MAX notes. */
__attribute__((format(printf, 2, 3))) static void report(struct leftout *leftout, const char *format, ...)
{
	va_list arguments;

	if (leftout->reported++ >= NAMED_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(leftout->notes[leftout->note_count++], NOTE_SIZE, format, arguments);
	va_end(arguments);
}

static void add_other(struct leftout *leftout, const char *path, const char *below)
{
	size_t used = strlen(leftout->first);

	message_step("%s is left out: other metadata", path);
	if (leftout->others++ < NAMED_MAX)
		snprintf(leftout->first + used, sizeof(leftout->first) - used, "%s%s", used > 0 ? ", " : "", below);
}

int leftout_file(struct leftout *leftout, const char *path, const char *below, bool is_link, bool *left,
		 struct error *error)
{
	size_t line = ignore_line(leftout->ignore, below), wrong = leftout->names.count;
	enum appfile_type type;
	bool is_app = appfile_type_of(path, &type);

	*left = line > 0 || !is_app;
	if (line > 0 && is_app)
		report(leftout, "%s is left out: line %zu of %s", path, line, ignore_path(leftout->ignore));
	else if (line > 0)
		message_step("%s is left out: line %zu of %s", path, line, ignore_path(leftout->ignore));
	else if (names_add(&leftout->names, path, is_link, error) < 0)
		return error_result(error);
	else if (!is_app && names_is_backup(path))
		report(leftout, "%s is left out: it is an editor's backup", path);
	else if (!is_app && !is_link && wrong == leftout->names.count)
		add_other(leftout, path, below);
	return 0;
}

int leftout_end(struct leftout *leftout, struct error *error)
{
	if (names_refuse(&leftout->names, error) < 0)
		return error_result(error);
	if (leftout->reported > NAMED_MAX)
		snprintf(leftout->notes[leftout->note_count++], NOTE_SIZE, "%zu more of the app's files are left out",
			 leftout->reported - NAMED_MAX);
	if (leftout->others > 0)
		snprintf(leftout->notes[leftout->note_count++], NOTE_SIZE,
			 "%zu file%s of other metadata left out: %s%s", leftout->others,
			 leftout->others == 1 ? "" : "s", leftout->first, leftout->others > NAMED_MAX ? ", …" : "");
	return 0;
}

const char *leftout_note(const struct leftout *leftout, size_t index)
{
	return index < leftout->note_count ? leftout->notes[index] : NULL;
}
