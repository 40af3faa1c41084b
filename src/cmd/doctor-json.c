/* SPDX-License-Identifier: Apache-2.0 */
/* The report of doctor as one JSON object, for monitoring. */
#include "cmd/doctor.h"

#include "base/json.h"
#include "base/secret.h"

#include <cjson/cJSON.h>
#include <string.h>

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

/* Escapes what cJSON printed. */
static char *escape(const char *text)
{
	struct secret *json = text != NULL ? secret_new(strlen(text) + 1) : NULL;
	char *copy = NULL;

	if (json != NULL && json_escape(json, text) == 0 && secret_append(json, "\n", 1) == 0)
		copy = strdup(secret_data(json));
	secret_free(&json);
	return copy;
}

char *doctor_json(const struct doctor *doctor, const struct doctor_summary *summary)
{
	cJSON *root = cJSON_CreateObject(), *checks, *counts;
	char *text, *escaped;

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
	escaped = escape(text);
	cJSON_free(text);
	cJSON_Delete(root);
	return escaped;
}
