/* SPDX-License-Identifier: Apache-2.0 */
/* The report of doctor for people. */
#include "cmd/doctor.h"

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

int doctor_print_check(void *context, const struct doctor_check *check, const struct doctor_finding *finding,
		       struct error *error)
{
	struct doctor_print *print = context;

	if (print->group == NULL || strcmp(print->group, check->group) != 0) {
		if (put(error, print->colour ? "\033[1m%s\033[0m\n" : "%s\n", check->group) < 0)
			return error_result(error);
		print->group = check->group;
	}
	if (put_mark(print, finding->status, error) < 0 ||
	    put(error, "%-*s %s\n", NAME_WIDTH, check->name, finding->text) < 0)
		return error_result(error);
	if (finding->step[0] != '\0')
		return put(error, "%*s%s %s\n", NAME_WIDTH + 5, "", print->utf8 ? "→" : "->", finding->step);
	return 0;
}

int doctor_print_summary(struct doctor_print *print, const struct doctor_summary *summary, struct error *error)
{
	const size_t *counts = summary->counts;

	(void)print;
	return put(error, "\n%zu ok, %zu warning%s, %zu failure%s, %zu skipped\n", counts[DOCTOR_OK],
		   counts[DOCTOR_WARNING], counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_FAILURE],
		   counts[DOCTOR_FAILURE] == 1 ? "" : "s", counts[DOCTOR_SKIPPED]);
}
