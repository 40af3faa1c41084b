/* SPDX-License-Identifier: Apache-2.0 */
/* The report of doctor for people. */
#include "cmd/doctor.h"

#include "base/text.h"
#include "process/output.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_WIDTH = 12, LINE_SIZE = 4096 };

struct doctor_print {
	bool colour, utf8;
	const char *group; /* whose title is printed */
	char names[256];   /* of its checks that were skipped and are not printed yet */
	char why[1024];
};

/* By status. */
static const struct mark {
	const char *utf8, *ascii, *colour; /* SGR (ECMA-48) */
} marks[] = { { "✓", "+", "32" }, { "!", "!", "33" }, { "✗", "x", "31" }, { "–", "-", "2" } };

static bool wants_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return (none == NULL || none[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
	       isatty(output_descriptor()) == 1;
}

static bool is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale != (locale_t)0)
		freelocale(locale);
	return utf8;
}

int doctor_print_new(struct doctor_print **print, struct error *error)
{
	*print = calloc(1, sizeof(**print));
	if (*print == NULL)
		return error_memory(error);
	(*print)->colour = wants_colour();
	(*print)->utf8 = is_utf8();
	return 0;
}

void doctor_print_free(struct doctor_print **print)
{
	free(*print);
	*print = NULL;
}

static int put(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int put(struct error *error, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	return output_write(line, strlen(line), error);
}

static int put_mark(const struct doctor_print *print, enum doctor_status status, struct error *error)
{
	const struct mark *mark = &marks[status];
	const char *text = print->utf8 ? mark->utf8 : mark->ascii;

	if (!print->colour)
		return put(error, "  %s ", text);
	return put(error, "  \033[%sm%s\033[0m ", mark->colour, text);
}

static int put_line(const struct doctor_print *print, enum doctor_status status, const char *name, const char *text,
		    const char *step, struct error *error)
{
	if (put_mark(print, status, error) < 0 || put(error, "%-*s  %s\n", NAME_WIDTH, name, text) < 0)
		return error_result(error);
	if (step[0] != '\0')
		return put(error, "%*s%s %s\n", NAME_WIDTH + 6, "", print->utf8 ? "→" : "->", step);
	return 0;
}

/* Checks of a group that were skipped for the same reason share a line. */
static int put_skipped(struct doctor_print *print, struct error *error)
{
	int result = 0;

	if (print->names[0] != '\0')
		result = put_line(print, DOCTOR_SKIPPED, print->names, print->why, "", error);
	print->names[0] = '\0';
	return result;
}

static int put_title(struct doctor_print *print, const char *group, struct error *error)
{
	print->group = group;
	return put(error, print->colour ? "\033[1m%s\033[0m\n" : "%s\n", group);
}

int doctor_print_check(void *context, const struct doctor_check *check, const struct doctor_finding *finding,
		       struct error *error)
{
	struct doctor_print *print = context;
	bool begins = print->group == NULL || strcmp(print->group, check->group) != 0;

	if ((begins || finding->status != DOCTOR_SKIPPED || strcmp(print->why, finding->text) != 0) &&
	    put_skipped(print, error) < 0)
		return error_result(error);
	if (begins && put_title(print, check->group, error) < 0)
		return error_result(error);
	if (finding->status != DOCTOR_SKIPPED)
		return put_line(print, finding->status, check->name, finding->text, finding->step, error);
	snprintf(print->why, sizeof(print->why), "%s", finding->text);
	text_append(print->names, sizeof(print->names), "%s%s", print->names[0] != '\0' ? ", " : "", check->name);
	return 0;
}

int doctor_print_summary(struct doctor_print *print, const struct doctor_summary *summary, struct error *error)
{
	const size_t *counts = summary->counts;

	if (put_skipped(print, error) < 0)
		return error_result(error);
	return put(error, "\n%zu ok, %zu warning%s, %zu failure%s, %zu skipped\n", counts[DOCTOR_OK],
		   counts[DOCTOR_WARNING], counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_FAILURE],
		   counts[DOCTOR_FAILURE] == 1 ? "" : "s", counts[DOCTOR_SKIPPED]);
}
