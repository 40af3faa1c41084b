/* SPDX-License-Identifier: Apache-2.0 */
/* The report of doctor for people. */
#include "cmd/doctor.h"

#include "base/text.h"
#include "process/output.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_WIDTH = 12 };

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

static void put_line(const struct doctor_print *print, FILE *out, enum doctor_status status, const char *name,
		     const char *text, const char *step)
{
	const struct mark *mark = &marks[status];
	const char *sign = print->utf8 ? mark->utf8 : mark->ascii;

	if (print->colour)
		fprintf(out, "  \033[%sm%s\033[0m ", mark->colour, sign);
	else
		fprintf(out, "  %s ", sign);
	fprintf(out, "%-*s  %s\n", NAME_WIDTH, name, text);
	if (step[0] != '\0')
		fprintf(out, "%*s%s %s\n", NAME_WIDTH + 6, "", print->utf8 ? "→" : "->", step);
}

/* Checks of a group that were skipped for the same reason share a line. */
static void put_skipped(struct doctor_print *print, FILE *out)
{
	if (print->names[0] != '\0')
		put_line(print, out, DOCTOR_SKIPPED, print->names, print->why, "");
	print->names[0] = '\0';
}

static void put_check(struct doctor_print *print, FILE *out, const struct doctor_check *check,
		      const struct doctor_finding *finding)
{
	bool begins = print->group == NULL || strcmp(print->group, check->group) != 0;

	if (begins || finding->status != DOCTOR_SKIPPED || strcmp(print->why, finding->text) != 0)
		put_skipped(print, out);
	if (begins)
		fprintf(out, print->colour ? "\033[1m%s\033[0m\n" : "%s\n", check->group);
	print->group = check->group;
	if (finding->status != DOCTOR_SKIPPED) {
		put_line(print, out, finding->status, check->name, finding->text, finding->step);
		return;
	}
	snprintf(print->why, sizeof(print->why), "%s", finding->text);
	text_append(print->names, sizeof(print->names), "%s%s", print->names[0] != '\0' ? ", " : "", check->name);
}

static void put_summary(struct doctor_print *print, FILE *out, const struct doctor_summary *summary)
{
	const size_t *counts = summary->counts;

	put_skipped(print, out);
	fprintf(out, "\n%zu ok, %zu warning%s, %zu failure%s, %zu skipped\n", counts[DOCTOR_OK],
		counts[DOCTOR_WARNING], counts[DOCTOR_WARNING] == 1 ? "" : "s", counts[DOCTOR_FAILURE],
		counts[DOCTOR_FAILURE] == 1 ? "" : "s", counts[DOCTOR_SKIPPED]);
}

/* `check` (with its finding) or `summary` may be NULL. The caller frees the text; NULL if memory is exhausted. */
static char *format(struct doctor_print *print, const struct doctor_check *check, const struct doctor_finding *finding,
		    const struct doctor_summary *summary)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	if (check != NULL)
		put_check(print, out, check, finding);
	if (summary != NULL)
		put_summary(print, out, summary);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int write_text(char *text, struct error *error)
{
	int result = text != NULL ? output_write(text, strlen(text), error) : error_memory(error);

	free(text);
	return result;
}

int doctor_print_check(struct doctor_print *print, const struct doctor_check *check,
		       const struct doctor_finding *finding, struct error *error)
{
	return write_text(format(print, check, finding, NULL), error);
}

int doctor_print_summary(struct doctor_print *print, const struct doctor_summary *summary, struct error *error)
{
	return write_text(format(print, NULL, NULL, summary), error);
}

char *doctor_print_last(const struct doctor_print *print, const struct doctor_check *check,
			const struct doctor_finding *finding, const struct doctor_summary *summary)
{
	struct doctor_print copy = *print;

	return format(&copy, check, finding, summary);
}
