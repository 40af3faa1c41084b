/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the checks. */
#include "doctor/internal.h"

#include "base/message.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static bool is_named(const struct doctor_check *check, const char *name)
{
	size_t length = strlen(check->group);

	return strncmp(name, check->group, length) == 0 && name[length] == '.' &&
	       strcmp(name + length + 1, check->name) == 0;
}

struct doctor_finding *doctor_find(const struct doctor *doctor, const char *name)
{
	size_t i = 0;

	while (i < doctor_check_count && !is_named(&doctor_checks[i], name))
		i++;
	if (i == doctor_check_count)
		abort(); /* the name is in the source */
	return &doctor->findings[i];
}

const struct doctor_finding *doctor_finding(const struct doctor *doctor, size_t index)
{
	return &doctor->findings[index];
}

/* Whether the check is about the key that replaces another. */
static bool is_about_next(const struct doctor_check *check)
{
	return strncmp(check->group, "next-", strlen("next-")) == 0;
}

const char *doctor_wrong_configuration(const struct doctor *doctor)
{
	for (size_t i = 0; i < doctor_check_count; i++) {
		if (strcmp(doctor_checks[i].group, "configuration") == 0 &&
		    doctor->findings[i].status == DOCTOR_FAILURE)
			return doctor_checks[i].name;
	}
	return NULL;
}

/* Whether the check is about a part that is not used. */
static bool is_absent(const struct doctor_check *check, const struct doctor_given *given)
{
	if (is_named(check, "configuration.audit"))
		return given->audit.absent;
	if (strcmp(check->group, "identity") == 0)
		return given->tls_certificate == NULL && given->tls_key == NULL;
	return given->next_key.absent && (is_about_next(check) || is_named(check, "configuration.next-key") ||
					  is_named(check, "exchange.next-key"));
}

static const char needs[] = "needs ";

/* Skips a check that needs the one with this name. If that one was skipped itself, names the first in the chain. */
static void skip(const struct doctor *doctor, const char *name, struct doctor_finding *finding)
{
	const struct doctor_finding *needed = doctor_find(doctor, name);

	if (needed->status == DOCTOR_SKIPPED && strncmp(needed->text, needs, strlen(needs)) == 0)
		doctor_skip(finding, "%s", needed->text);
	else
		doctor_skip(finding, "%s%s", needs, name);
}

/* Skips the check if it cannot be run. */
static bool is_skipped(const struct doctor *doctor, const struct doctor_check *check, struct doctor_finding *finding)
{
	const char *wrong = check->acts ? doctor_wrong_configuration(doctor) : NULL;

	if (strcmp(check->group, "exchange") == 0 && !doctor->given->exchange) {
		doctor_skip(finding, "needs --exchange");
		return true;
	}
	for (size_t i = 0; i < DOCTOR_NEEDS && check->needs[i] != NULL; i++) {
		enum doctor_status status = doctor_find(doctor, check->needs[i])->status;

		if (status != DOCTOR_FAILURE && status != DOCTOR_SKIPPED)
			continue;
		skip(doctor, check->needs[i], finding);
		return true;
	}
	if (wrong != NULL)
		doctor_skip(finding, "%sconfiguration.%s", needs, wrong);
	return wrong != NULL;
}

/* The warnings that a command would print belong to the finding. */
static void take_warning(void *context, const char *text)
{
	struct doctor_finding *finding = context;

	text_append(finding->text, sizeof(finding->text), "%s%s", finding->text[0] != '\0' ? "; " : "", text);
}

static void run_check(struct doctor *doctor, const struct doctor_check *check, struct doctor_finding *finding)
{
	struct doctor_finding warned = { .status = DOCTOR_OK };

	message_take_warnings(take_warning, &warned);
	check->run(doctor, finding);
	message_take_warnings(NULL, NULL);
	if (warned.text[0] == '\0')
		return;
	if (finding->status == DOCTOR_OK)
		doctor_warn(finding, "", "%s", warned.text);
	else
		take_warning(finding, warned.text);
}

/* Sets what is to be reported if a module ends the program in this check. */
static void presume(struct doctor *doctor, size_t index)
{
	const struct doctor_check *check = &doctor_checks[index];
	struct error error;

	error_set(&error, ERROR_TOKEN, "the module hung, crashed or ended the program, see stderr");
	error_hint(&error, "update the module, or try another one with --module");
	doctor_fail(&doctor->findings[index], &error);
	for (size_t i = index + 1; i < doctor_check_count; i++) {
		if (!doctor->findings[i].absent)
			doctor_skip(&doctor->findings[i], "%s%s.%s", needs, check->group, check->name);
	}
}

static int run(struct doctor *doctor, size_t index, const struct doctor_report *report, struct error *error)
{
	const struct doctor_check *check = &doctor_checks[index];
	struct doctor_finding *finding = &doctor->findings[index];
	int result;

	presume(doctor, index);
	report->begin(report->context, doctor, index);
	*finding = (struct doctor_finding){ .status = DOCTOR_OK };
	doctor->now = &doctor->keys[is_about_next(check) ? 1 : 0];
	if (!is_skipped(doctor, check, finding))
		run_check(doctor, check, finding);
	result = report->end(report->context, check, finding, error);
	if (result == 0 && finding->signal != 0) {
		result = error_set(error, finding->class, "%s", finding->text);
		error->signal = finding->signal;
	}
	return result;
}

int doctor_run(struct doctor **doctor, const struct doctor_given *given, const struct doctor_report *report,
	       struct error *error)
{
	int result = 0;

	*doctor = calloc(1, sizeof(**doctor));
	if (*doctor == NULL)
		return error_memory(error);
	(*doctor)->given = given;
	(*doctor)->findings = calloc(doctor_check_count, sizeof(*(*doctor)->findings));
	if ((*doctor)->findings == NULL)
		return error_memory(error);
	for (size_t i = 0; i < doctor_check_count; i++) {
		(*doctor)->findings[i].absent = is_absent(&doctor_checks[i], given);
		(*doctor)->findings[i].status = DOCTOR_SKIPPED; /* counts if it is absent */
	}
	for (size_t i = 0; i < doctor_check_count && result == 0; i++) {
		if (!(*doctor)->findings[i].absent)
			result = run(*doctor, i, report, error);
	}
	return result;
}

void doctor_close(struct doctor **doctor)
{
	struct doctor *old = *doctor;

	if (old == NULL)
		return;
	doctor_app_close(old);
	doctor_agent_close(old);
	for (size_t i = 0; i < doctor_check_count && old->findings != NULL; i++)
		cJSON_Delete(old->findings[i].facts);
	free(old->findings);
	doctor_exchange_close(old);
	doctor_token_close(old);
	doctor_network_close(old);
	free(old);
	*doctor = NULL;
}
