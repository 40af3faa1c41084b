/* SPDX-License-Identifier: Apache-2.0 */
/* The report of doctor as one JSON object, for monitoring. */
#include "cmd/doctor.h"

#include "process/output.h"

#include <cjson/cJSON.h>

static const char *const statuses[] = { "ok", "warning", "failure", "skipped" };

static cJSON *check_json(const struct doctor_check *check, const struct doctor_finding *finding)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "group", check->group);
	cJSON_AddStringToObject(object, "name", check->name);
	cJSON_AddStringToObject(object, "status", statuses[finding->status]);
	cJSON_AddNumberToObject(object, "class", finding->class);
	cJSON_AddStringToObject(object, "text", finding->text);
	if (finding->step[0] != '\0')
		cJSON_AddStringToObject(object, "step", finding->step);
	else
		cJSON_AddNullToObject(object, "step");
	cJSON_AddItemToObject(object, "facts",
			      finding->facts != NULL ? cJSON_Duplicate(finding->facts, true) : cJSON_CreateObject());
	return object;
}

int doctor_print_json(const struct doctor *doctor, const struct doctor_summary *summary, struct error *error)
{
	cJSON *root = cJSON_CreateObject(), *checks, *counts;
	char *text;
	int result;

	cJSON_AddStringToObject(root, "version", P11BEARER_VERSION);
	checks = cJSON_AddArrayToObject(root, "checks");
	for (size_t i = 0; i < doctor_check_count; i++) {
		if (!doctor_finding(doctor, i)->absent)
			cJSON_AddItemToArray(checks, check_json(&doctor_checks[i], doctor_finding(doctor, i)));
	}
	counts = cJSON_AddObjectToObject(root, "summary");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		cJSON_AddNumberToObject(counts, statuses[i], (double)summary->counts[i]);
	cJSON_AddNumberToObject(counts, "exit_status", summary->class);
	text = cJSON_Print(root);
	result = output_json(text, error);
	cJSON_free(text);
	cJSON_Delete(root);
	return result;
}
