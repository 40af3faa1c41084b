/* SPDX-License-Identifier: Apache-2.0 */
#include "deploy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "org.h"
#include "package.h"
#include "session.h"

enum { FIRST_API = 60, LAST_API = 66 };

/* --- answers ----------------------------------------------------------------------------------------------------- */

static void refuse(struct answer *answer, unsigned int status, const char *code, const char *message)
{
	cJSON *list = cJSON_CreateArray();
	cJSON *json = cJSON_CreateObject();

	cJSON_AddStringToObject(json, "message", message);
	cJSON_AddStringToObject(json, "errorCode", code);
	cJSON_AddItemToArray(list, json);
	answer_json(answer, status, list);
}

static cJSON *make_details(const struct deployment *deployment)
{
	cJSON *details = cJSON_CreateObject(), *tests = cJSON_CreateObject(), *successes = cJSON_CreateArray();

	for (size_t i = 0; i < deployment->files.count && cJSON_GetArraySize(deployment->failures) == 0; i++) {
		cJSON *success = cJSON_CreateObject();

		cJSON_AddStringToObject(success, "fileName", deployment->files.files[i].name);
		cJSON_AddBoolToObject(success, "success", true);
		cJSON_AddItemToArray(successes, success);
	}
	cJSON_AddItemToObject(details, "componentFailures", cJSON_Duplicate(deployment->failures, 1));
	cJSON_AddItemToObject(details, "componentSuccesses", successes);
	cJSON_AddNumberToObject(tests, "numTestsRun", 0);
	cJSON_AddItemToObject(tests, "failures", cJSON_CreateArray());
	cJSON_AddItemToObject(details, "runTestResult", tests);
	return details;
}

static void tell(const struct org *org, const struct deployment *deployment, bool details, struct answer *answer,
	unsigned int status)
{
	cJSON *json = cJSON_CreateObject(), *result = cJSON_CreateObject();
	int errors = cJSON_GetArraySize(deployment->failures);
	bool good = strcmp(deployment->status, "Succeeded") == 0;
	size_t total = deployment->files.count;
	size_t part = org->options->deploy_polls > 0 ?
		total * (size_t)deployment->polls / (size_t)(org->options->deploy_polls + 1) : 0;
	char url[256];

	snprintf(url, sizeof(url), "%s/services/data/v%d.0/metadata/deployRequest/%s", org->url, LAST_API, deployment->id);
	cJSON_AddStringToObject(json, "id", deployment->id);
	cJSON_AddStringToObject(json, "url", url);
	cJSON_AddStringToObject(result, "id", deployment->id);
	cJSON_AddBoolToObject(result, "checkOnly", deployment->check_only);
	cJSON_AddStringToObject(result, "status", deployment->status);
	cJSON_AddBoolToObject(result, "done", deployment->done);
	cJSON_AddBoolToObject(result, "success", good);
	cJSON_AddNumberToObject(result, "numberComponentsTotal", (double)total);
	cJSON_AddNumberToObject(result, "numberComponentsDeployed", good ? (double)total : (double)part);
	cJSON_AddNumberToObject(result, "numberComponentErrors", deployment->done ? errors : 0);
	cJSON_AddNumberToObject(result, "numberTestsTotal", 0);
	cJSON_AddNumberToObject(result, "numberTestsCompleted", 0);
	cJSON_AddNumberToObject(result, "numberTestErrors", 0);
	if (deployment->done && details)
		cJSON_AddItemToObject(result, "details", make_details(deployment));
	cJSON_AddItemToObject(json, "deployResult", result);
	answer_json(answer, status, json);
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

/* Parses the options; false if they are invalid. */
static bool read_options(const struct part *part, bool *check_only)
{
	cJSON *json = part != NULL && strcmp(part->type, "application/json") == 0 ? cJSON_Parse(part->data) : NULL;
	const cJSON *options = cJSON_GetObjectItemCaseSensitive(json, "deployOptions");
	bool good = cJSON_IsObject(options) && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(options, "singlePackage")) &&
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(options, "rollbackOnError"));

	*check_only = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(options, "checkOnly"));
	cJSON_Delete(json);
	return good;
}

/* Whether the failure, of which *order is the text, is for such a deployment. Moves past "check:" or "real:". */
static bool is_ordered(const char **order, bool check_only)
{
	static const char check[] = "check:", real[] = "real:";

	if (strncmp(*order, check, strlen(check)) == 0) {
		*order += strlen(check);
		return check_only;
	}
	if (strncmp(*order, real, strlen(real)) == 0) {
		*order += strlen(real);
		return !check_only;
	}
	return true;
}

/* Adds the failures that the test asked for. */
static void add_ordered_failures(const struct options *options, struct deployment *deployment)
{
	for (size_t i = 0; i < options->component_failures.count; i++) {
		const char *order = options->component_failures.list[i], *problem = strchr(order, '=');

		if (!is_ordered(&order, deployment->check_only))
			continue;
		for (size_t k = 0; k < deployment->files.count && problem != NULL; k++) {
			const char *name = deployment->files.files[k].name;
			char part[128];

			snprintf(part, sizeof(part), "%.*s", (int)(problem - order), order);
			if (strstr(name, part) != NULL)
				package_fail(deployment->failures, name, 3, 7, problem + 1);
		}
	}
}

static struct deployment *new_deployment(struct org *org, const struct part *file, bool check_only)
{
	struct deployment *deployment = calloc(1, sizeof(*deployment));

	if (deployment == NULL)
		return NULL;
	snprintf(deployment->id, sizeof(deployment->id), "0Af%012luAAA", ++org->deployed % 1000000000000UL);
	deployment->check_only = check_only;
	deployment->status = "Pending";
	deployment->failures = cJSON_CreateArray();
	package_read(file->data, file->length, &deployment->files, deployment->failures);
	add_ordered_failures(org->options, deployment);
	deployment->next = org->deployments;
	org->deployments = deployment;
	return deployment;
}

/* The part of a request that has the options, or NULL. */
static const struct part *find_options(const struct request *request)
{
	const struct part *json = parts_find(request->parts, "entity_content");

	return json != NULL ? json : parts_find(request->parts, "json");
}

static void begin(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct part *file = parts_find(request->parts, "file");
	struct deployment *deployment = NULL;
	bool check_only;
	cJSON *names;

	if (!read_options(find_options(request), &check_only) || file == NULL || strcmp(file->type, "application/zip") != 0) {
		refuse(answer, 400, "MALFORMED_REQUEST", "not the two parts of a deployRequest");
		return;
	}
	deployment = new_deployment(org, file, check_only);
	if (deployment == NULL) {
		refuse(answer, 500, "UNKNOWN_EXCEPTION", "out of memory");
		return;
	}
	cJSON_AddStringToObject(line, "deployment", deployment->id);
	cJSON_AddBoolToObject(line, "check_only", check_only);
	names = cJSON_AddArrayToObject(line, "files");
	for (size_t i = 0; i < deployment->files.count; i++)
		cJSON_AddItemToArray(names, cJSON_CreateString(deployment->files.files[i].name));
	tell(org, deployment, false, answer, 201);
}

/* --- progress ---------------------------------------------------------------------------------------------------- */

/* Deployed files replace those with the same name. */
static void end(struct org *org, struct deployment *deployment)
{
	deployment->done = true;
	if (cJSON_GetArraySize(deployment->failures) > 0) {
		deployment->status = "Failed";
		return;
	}
	deployment->status = "Succeeded";
	for (size_t i = 0; i < deployment->files.count && !deployment->check_only; i++) {
		const struct app_file *file = &deployment->files.files[i];

		if (app_put(&org->app, file->name, file->data, file->length) != 0)
			deployment->status = "Failed";
	}
	if (!deployment->check_only && changes_add(&org->changes, app_certificate(&org->app), false) != 0)
		deployment->status = "Failed";
}

static void go_on(struct org *org, struct deployment *deployment)
{
	if (deployment->done)
		return;
	if (deployment->canceling) {
		deployment->done = true;
		deployment->status = "Canceled";
	} else if (deployment->polls >= org->options->deploy_polls) {
		end(org, deployment);
	} else {
		deployment->status = deployment->polls == 0 ? "Pending" : "InProgress";
	}
	deployment->polls++;
}

static void cancel(const struct org *org, struct deployment *deployment, const struct request *request,
	struct answer *answer)
{
	cJSON *json = cJSON_ParseWithLength(request->body, request->length);
	const cJSON *result = cJSON_GetObjectItemCaseSensitive(json, "deployResult");
	const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "status"));

	if (status == NULL || strcmp(status, "Canceling") != 0 || request->content_type == NULL ||
		strncmp(request->content_type, "application/json", 16) != 0) {
		refuse(answer, 400, "MALFORMED_REQUEST", "only the status Canceling can be set");
	} else if (deployment->done) {
		refuse(answer, 400, "INVALID_ID_FIELD", "Deployment already completed");
	} else {
		deployment->canceling = true;
		deployment->status = "Canceling";
		tell(org, deployment, false, answer, 202);
	}
	cJSON_Delete(json);
}

/* --- the endpoint ------------------------------------------------------------------------------------------------ */

/* Reads /services/data/vNN.0/metadata/deployRequest[/ID]; false for another path. */
static bool read_path(const char *path, char id[32])
{
	unsigned int version = 0;
	int end = 0;

	id[0] = '\0';
	if (sscanf(path, "/services/data/v%3u.0/metadata/deployRequest%n", &version, &end) != 1 || end == 0 ||
		version < FIRST_API || version > LAST_API)
		return false;
	if (path[end] == '\0')
		return true;
	snprintf(id, 32, "%s", path + end + 1);
	return path[end] == '/';
}

static struct deployment *find(const struct org *org, const char *id)
{
	struct deployment *deployment = org->deployments;

	while (deployment != NULL && strcmp(deployment->id, id) != 0)
		deployment = deployment->next;
	return deployment;
}

static bool is_beginning(const struct request *request)
{
	char id[32];

	return read_path(request->path, id) && id[0] == '\0' && strcmp(request->method, "POST") == 0;
}

static void handle(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	struct deployment *deployment;
	char id[32];

	if (!read_path(request->path, id)) {
		refuse(answer, 404, "NOT_FOUND", "The requested resource does not exist");
		return;
	}
	if (id[0] == '\0') {
		if (is_beginning(request))
			begin(org, request, answer, line);
		else
			refuse(answer, 405, "METHOD_NOT_ALLOWED", "HTTP method not allowed");
		return;
	}
	deployment = find(org, id);
	if (deployment == NULL) {
		refuse(answer, 404, "NOT_FOUND", "no such deployment");
	} else if (strcmp(request->method, "PATCH") == 0) {
		cancel(org, deployment, request, answer);
	} else if (strcmp(request->method, "GET") == 0) {
		go_on(org, deployment);
		tell(org, deployment, request->details, answer, 200);
	} else {
		refuse(answer, 405, "METHOD_NOT_ALLOWED", "HTTP method not allowed");
	}
}

/* Adds the faults of a request that begins a deployment, or asks for its status, unless that is a check. */
static void plan_faults(struct org *org, const struct request *request, struct fault_plan *plan)
{
	const struct deployment *deployment = NULL;
	bool check_only;
	char id[32];

	if (is_beginning(request)) {
		if (read_options(find_options(request), &check_only) && !check_only)
			faults_plan(&org->options->deploy_faults, ++org->deploy_requests, &org->deploy_draws, plan);
	} else if (read_path(request->path, id) && strcmp(request->method, "GET") == 0) {
		deployment = find(org, id);
		if (deployment != NULL && !deployment->check_only)
			faults_plan(&org->options->status_faults, ++org->status_requests, &org->status_draws, plan);
	}
}

void deploy_handler(struct org *org, const struct request *request, struct answer *answer, cJSON *line)
{
	const struct bearer *bearer = session_find(org, request, answer, line);
	const struct deployment *newest = org->deployments;
	struct fault_plan plan = { 0 };

	plan_faults(org, request, &plan);
	session_plan_faults(org, &plan, line);
	/* A request that a fault refuses has no effect. */
	if (bearer != NULL && (plan.answer == NULL || plan.answer->used_up))
		handle(org, request, answer, line);
	/* It does not wait for requests for its status if the client may not have its id. */
	if (org->deployments != newest && plan.answer != NULL)
		end(org, org->deployments);
	session_spoil(org, &plan, answer);
}

void deployments_free(struct deployment **deployments)
{
	while (*deployments != NULL) {
		struct deployment *next = (*deployments)->next;

		app_clear(&(*deployments)->files);
		cJSON_Delete((*deployments)->failures);
		free(*deployments);
		*deployments = next;
	}
}
