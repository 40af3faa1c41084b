/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer doctor: says why something does not work, and what will break next. */
#include "cmd/doctor.h"

#include "process/output.h"

#include <stdlib.h>
#include <string.h>

/* The first failure may be the cause of those after it, so it sets the exit status; see doctor/table.c. */
static void summarise(const struct doctor *doctor, bool strict, struct doctor_summary *summary)
{
	*summary = (struct doctor_summary){ .class = ERROR_NONE };
	for (size_t i = 0; i < doctor_check_count; i++) {
		const struct doctor_finding *finding = doctor_finding(doctor, i);

		if (finding->absent)
			continue;
		summary->counts[finding->status]++;
		if (summary->class == ERROR_NONE)
			summary->class = finding->class;
	}
	if (summary->class == ERROR_NONE && strict && summary->counts[DOCTOR_WARNING] > 0)
		summary->class = ERROR_CONFIG;
}

struct report {
	bool json, strict;
	struct doctor_print *print;
	char *last_words; /* what is printed if a module ends the program */
};

static void begin(void *context, const struct doctor *doctor, size_t index)
{
	struct report *report = context;
	struct doctor_summary summary;
	char *before = report->last_words;

	summarise(doctor, report->strict, &summary);
	report->last_words = report->json ? doctor_json(doctor, &summary) :
			     doctor_print_last(report->print, &doctor_checks[index], doctor_finding(doctor, index),
					       &summary);
	p11_last_words(report->last_words, (int)summary.class);
	free(before);
}

static int end(void *context, const struct doctor_check *check, const struct doctor_finding *finding,
	       struct error *error)
{
	struct report *report = context;

	return report->json ? 0 : doctor_print_check(report->print, check, finding, error);
}

static int print_end(struct report *report, const struct doctor *doctor, const struct doctor_summary *summary,
		     struct error *error)
{
	char *text;
	int result;

	if (!report->json)
		return doctor_print_summary(report->print, summary, error);
	text = doctor_json(doctor, summary);
	result = text != NULL ? output_write(text, strlen(text), error) : error_memory(error);
	free(text);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct report report = {
		.json = settings_flag(settings, SETTING_JSON),
		.strict = settings_flag(settings, SETTING_STRICT),
	};
	const struct doctor_report functions = { begin, end, &report };
	struct bearer_request request;
	struct doctor_given given;
	struct doctor *doctor = NULL;
	struct doctor_summary summary = { .class = ERROR_NONE };
	int result = doctor_fill(settings, &given, &request, error);

	if (result == 0)
		result = doctor_print_new(&report.print, error);
	if (result == 0)
		result = doctor_run(&doctor, &given, &functions, error);
	p11_last_words(NULL, 0);
	if (result == 0) {
		summarise(doctor, report.strict, &summary);
		result = print_end(&report, doctor, &summary, error);
	}
	doctor_close(&doctor);
	doctor_print_free(&report.print);
	free(report.last_words);
	doctor_clear(&given, &request);
	return result == 0 ? (int)summary.class : result;
}

static const struct settings_usage usage = {
	.command = "doctor",
	.operands = "",
	.summary = "Says why something does not work, and what will break next.",
	.details = "Checks the configuration, the token, the key, its certificate, this machine and\n"
		   "the server, each by itself. Uses no PIN without --login or --exchange.",
	.tolerant = true,
	.example = "p11bearer doctor --profile production",
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_LOGIN, SETTING_EXCHANGE, SETTING_APP_PATH, SETTING_APP, SETTING_JSON, SETTING_STRICT },
};
const struct command command_doctor = { &usage, run, NULL };
