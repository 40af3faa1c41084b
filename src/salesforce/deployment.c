/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/deployment.h"

#include "base/text.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COUNT_MAX = 1000000 }; /* of components, lines, …; larger numbers are capped */

const char *deployment_options(bool check_only)
{
	return check_only ? "{\"deployOptions\":{\"checkOnly\":true,\"rollbackOnError\":true,\"singlePackage\":true}}" :
			    "{\"deployOptions\":{\"checkOnly\":false,\"rollbackOnError\":true,\"singlePackage\":true}}";
}

char *deployment_path(const char *api_version, const char *id, bool details)
{
	char *path;

	if (asprintf(&path, "/services/data/v%s/metadata/deployRequest%s%s%s", api_version, id != NULL ? "/" : "",
		     id != NULL ? id : "", details ? "?includeDetails=true" : "") < 0)
		return NULL;
	return path;
}

/* --- fields ------------------------------------------------------------------------------------------------------ */

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* The guide shows numbers and booleans as strings; orgs send JSON numbers and booleans. */
static long number_of(const cJSON *object, const char *name)
{
	const cJSON *field = cJSON_GetObjectItemCaseSensitive(object, name);
	double value = cJSON_IsString(field) ? strtod(field->valuestring, NULL) :
		       cJSON_IsNumber(field) ? field->valuedouble : 0;

	return value >= (double)COUNT_MAX ? COUNT_MAX : value > 0 ? (long)value : 0;
}

static bool is_true(const cJSON *object, const char *name)
{
	const cJSON *field = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsTrue(field) || (cJSON_IsString(field) && strcasecmp(field->valuestring, "true") == 0);
}

/* Joins lines, and replaces control characters. */
static void make_line(char *text)
{
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\r' || *c == '\t')
			*c = ' ';
	}
	text_clean(text, "");
}

static void copy_text(const cJSON *object, const char *name, char *text, size_t size)
{
	const char *value = text_of(object, name);

	snprintf(text, size, "%s", value != NULL ? value : "");
	make_line(text);
}

/* --- problems ---------------------------------------------------------------------------------------------------- */

static char *join(const char *first, const char *between, const char *second)
{
	char *text;

	if (first == NULL)
		first = "";
	if (second == NULL)
		second = "";
	if (asprintf(&text, "%s%s%s", first, *first != '\0' && *second != '\0' ? between : "", second) < 0)
		return NULL;
	make_line(text);
	return text;
}

static int add_problem(struct deployment *deployment, const cJSON *object, bool is_test)
{
	struct deployment_problem *grown =
		realloc(deployment->problems, (deployment->count + 1) * sizeof(*grown)), *problem;

	if (grown == NULL)
		return -1;
	deployment->problems = grown;
	problem = &grown[deployment->count++];
	*problem = (struct deployment_problem){
		.line = number_of(object, "lineNumber"),
		.column = number_of(object, "columnNumber"),
	};
	if (is_test) {
		problem->component = join(text_of(object, "name"), ".", text_of(object, "methodName"));
		problem->text = join(text_of(object, "message"), " ", text_of(object, "stackTrace"));
	} else {
		const char *type = text_of(object, "problemType");

		problem->is_warning = type != NULL && strcmp(type, "Warning") == 0;
		problem->component = join(text_of(object, "componentType"), " ", text_of(object, "fullName"));
		problem->text = join(text_of(object, "problem"), "", NULL);
	}
	problem->file = join(text_of(object, "fileName"), "", NULL);
	return problem->component != NULL && problem->text != NULL && problem->file != NULL ? 0 : -1;
}

/* Of the successes, only those with a warning count. The org may send an object in place of a list of one. */
static int add_problems(struct deployment *deployment, const cJSON *details, const char *name, bool is_test)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(details, name);
	const cJSON *problem = cJSON_IsArray(list) ? list->child : list;

	for (; problem != NULL; problem = list == problem ? NULL : problem->next) {
		const char *said = text_of(problem, "problem");

		if (!cJSON_IsObject(problem) ||
		    (strcmp(name, "componentSuccesses") == 0 && (said == NULL || *said == '\0')))
			continue;
		if (add_problem(deployment, problem, is_test) < 0)
			return -1;
	}
	return 0;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

/* Ids become part of URLs, so their form is checked: 15 characters, or 18 with a checksum. */
static bool is_id(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)text[i]))
			return false;
	}
	return length == 15 || length == 18;
}

static bool is_final(const char *status)
{
	static const char *const statuses[] = { "Succeeded", "SucceededPartial", "Failed", "Canceled" };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (strcmp(status, statuses[i]) == 0)
			return true;
	}
	return false;
}

static int read_result(struct deployment *deployment, const cJSON *result, struct error *error)
{
	const cJSON *details = cJSON_GetObjectItemCaseSensitive(result, "details");
	const cJSON *tests = cJSON_GetObjectItemCaseSensitive(details, "runTestResult");

	copy_text(result, "status", deployment->status, sizeof(deployment->status));
	copy_text(result, "errorMessage", deployment->detail, sizeof(deployment->detail));
	if (deployment->detail[0] == '\0')
		copy_text(result, "stateDetail", deployment->detail, sizeof(deployment->detail));
	deployment->done = is_true(result, "done") || is_final(deployment->status);
	/* Both fields must agree. */
	deployment->success = strcmp(deployment->status, "Succeeded") == 0 && is_true(result, "success");
	deployment->components = number_of(result, "numberComponentsTotal");
	deployment->components_done = number_of(result, "numberComponentsDeployed");
	deployment->component_errors = number_of(result, "numberComponentErrors");
	deployment->tests = number_of(result, "numberTestsTotal");
	deployment->tests_done = number_of(result, "numberTestsCompleted");
	deployment->test_errors = number_of(result, "numberTestErrors");
	if (add_problems(deployment, details, "componentFailures", false) < 0 ||
	    add_problems(deployment, details, "componentSuccesses", false) < 0 ||
	    add_problems(deployment, tests, "failures", true) < 0)
		return error_memory(error);
	return 0;
}

int deployment_read(struct deployment *deployment, const char *json, const char *id, struct error *error)
{
	cJSON *root = cJSON_Parse(json);
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(root, "deployResult");
	const char *found = text_of(root, "id");
	int status = 0;

	memset(deployment, 0, sizeof(*deployment));
	if (found == NULL)
		found = text_of(result, "id");
	if (found == NULL || !is_id(found))
		status = error_set(error, ERROR_ANSWER, "the org's answer does not name a deployment");
	/* Not every answer has the checksum, the last three of 18 characters. */
	else if (id != NULL && strncmp(found, id, 15) != 0)
		status = error_set(error, ERROR_ANSWER, "the org's answer is about deployment %s, not %s", found, id);
	else if (id != NULL && (!cJSON_IsObject(result) || text_of(result, "status") == NULL))
		status = error_set(error, ERROR_ANSWER, "the org's answer does not contain the status of "
				   "deployment %s", id);
	if (status == 0) {
		snprintf(deployment->id, sizeof(deployment->id), "%s", found);
		status = read_result(deployment, result, error);
	}
	cJSON_Delete(root);
	return status;
}

void deployment_clear(struct deployment *deployment)
{
	for (size_t i = 0; i < deployment->count; i++) {
		free(deployment->problems[i].component);
		free(deployment->problems[i].file);
		free(deployment->problems[i].text);
	}
	free(deployment->problems);
	memset(deployment, 0, sizeof(*deployment));
}
