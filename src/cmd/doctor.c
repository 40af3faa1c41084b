/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer doctor: says why something does not work, and what will break next. */
#include "cmd/doctor.h"

/* A failure that comes first is the cause of those after it, see doctor/table.c. */
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

static int tell_nothing(void *context, const struct doctor_check *check, const struct doctor_finding *finding,
			struct error *error)
{
	(void)context, (void)check, (void)finding, (void)error;
	return 0;
}

static int run(const struct settings *settings, struct error *error)
{
	bool json = settings_flag(settings, SETTING_JSON);
	struct bearer_request request;
	struct doctor_given given;
	struct doctor *doctor = NULL;
	struct doctor_print *print = NULL;
	struct doctor_summary summary = { .class = ERROR_NONE };
	int result;

	result = doctor_fill(settings, &given, &request, error);
	if (result == 0)
		result = doctor_print_new(&print, error);
	if (result == 0)
		result = doctor_run(&doctor, &given, json ? tell_nothing : doctor_print_check, print, error);
	if (result == 0)
		summarise(doctor, settings_flag(settings, SETTING_STRICT), &summary);
	if (result == 0)
		result = json ? doctor_print_json(doctor, &summary, error) :
				doctor_print_summary(print, &summary, error);
	doctor_close(&doctor);
	doctor_print_free(&print);
	doctor_clear(&given, &request);
	return result == 0 ? (int)summary.class : result;
}

static const struct settings_usage usage = {
	.command = "doctor",
	.operands = "",
	.summary = "Says why something does not work, and what will break next.",
	.details = "Checks the configuration, the token, the key, its certificate, this machine and\n"
		   "the server, each by itself. Uses no PIN without --login.",
	.tolerant = true,
	.example = "p11bearer doctor --profile production",
	.groups = GROUP_TOKEN | GROUP_KEY | GROUP_CLAIMS | GROUP_NEXT | GROUP_HTTP | GROUP_AUDIT | GROUP_AGENT,
	.own = { SETTING_LOGIN, SETTING_EXCHANGE, SETTING_APP_PATH, SETTING_APP, SETTING_JSON, SETTING_STRICT },
};
const struct command command_doctor = { &usage, run, NULL };
