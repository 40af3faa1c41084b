/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer deploy: deploys an app, or another package, to the org. */
#include "cmd/cmd-app.h"

#include "base/message.h"
#include "process/output.h"
#include "salesforce/apps.h"
#include "salesforce/deploy.h"
#include "salesforce/manifest.h"
#include "salesforce/package.h"
#include "x509/x509.h"

#include <string.h>
#include <time.h>

/* No file with a private key belongs in an org. */
static int check_private_keys(const struct package *package, struct error *error)
{
	const char *path, *data;
	size_t length;

	for (size_t i = 0; (path = package_file(package, i, &data, &length)) != NULL; i++) {
		if (!x509_has_private_key(data, length))
			continue;
		error_set(error, ERROR_CONFIG, "%s contains a private key; nothing was deployed", path);
		error_hint(error, "remove the private key, and replace the key pair: it is no longer secret");
		return -ERROR_CONFIG;
	}
	return 0;
}

/* Checks the files of one app; if `app` is NULL, the files that belong to no app. */
static int check_app(const struct settings *settings, const struct apps *apps, const char *app, struct error *error)
{
	bool harmless =
		settings_flag(settings, SETTING_CHECK_ONLY) || settings_flag(settings, SETTING_ALLOW_NO_CERTIFICATE);
	const struct appcheck_given given = { .now = time(NULL) };
	struct appcheck check;
	size_t missing = 0, unfit;
	int result = appcheck_run(&check, apps, app, &given, error);

	if (result == 0)
		cmd_app_findings(&check);
	for (size_t i = 0; result == 0 && i < check.count; i++)
		missing += strcmp(check.findings[i].code, "no-certificate") == 0 ? 1 : 0;
	unfit = check.errors - check.refused - missing;
	if (result == 0 && (check.refused > 0 || (unfit > 0 && !settings_flag(settings, SETTING_ALLOW_UNFIT)))) {
		result = error_set(error, ERROR_CONFIG, "%zu error%s in the files of the app%s%s; nothing was deployed",
				   check.errors, check.errors == 1 ? "" : "s", app != NULL ? " " : "",
				   app != NULL ? app : "");
		if (check.refused == 0)
			error_hint(error, "correct the files, or deploy them anyway with --allow-unfit");
	} else if (result == 0 && missing > 0 && !harmless) {
		result = error_set(error, ERROR_CONFIG, "%s has no certificate; nothing was deployed", check.path);
		error_hint(error, "put one in with \"p11bearer app set-cert\", or deploy the file anyway with "
				  "--allow-no-certificate");
	}
	appcheck_clear(&check);
	return result;
}

/* Refuses a package that would break logins, or that the org would refuse, before a PIN is requested. */
static int check_package(const struct settings *settings, const struct package *package, struct error *error)
{
	struct apps apps;
	const char *app;
	int result = package_apps(package, &apps, error);

	if (result == 0)
		result = check_app(settings, &apps, NULL, error);
	for (size_t i = 0; result == 0 && (app = apps_name(&apps, i)) != NULL; i++)
		result = check_app(settings, &apps, app, error);
	if (result == 0)
		result = check_private_keys(package, error);
	apps_clear(&apps);
	return result;
}

static void report_progress(void *context, const struct deployment *deployment)
{
	char *stage = context;
	char tests[64] = "";

	if (deployment->done)
		return;
	if (deployment->tests > 0)
		snprintf(tests, sizeof(tests), ", %ld of %ld tests", deployment->tests_done, deployment->tests);
	if (message_progress("%s: %ld of %ld components%s%s%s", deployment->status, deployment->components_done,
			     deployment->components, tests, deployment->detail[0] != '\0' ? "; " : "",
			     deployment->detail))
		return;
	if (strcmp(stage, deployment->status) != 0)
		message_note("%s", deployment->status);
	memcpy(stage, deployment->status, sizeof(deployment->status));
}

static void report_problems(const struct deployment *deployment, const struct package *package)
{
	for (size_t i = 0; i < deployment->count; i++) {
		const struct deployment_problem *problem = &deployment->problems[i];
		char line[32] = "", column[32] = "";

		if (problem->line > 0)
			snprintf(line, sizeof(line), ":%ld", problem->line);
		if (problem->line > 0 && problem->column > 0)
			snprintf(column, sizeof(column), ":%ld", problem->column);
		message_note("%s: %s%s%s%s%s%s%s", problem->is_warning ? "warning" : "error",
			     package_source(package, problem->file), line, column, problem->file[0] != '\0' ? ": " : "",
			     problem->component, problem->component[0] != '\0' ? ": " : "", problem->text);
	}
}

static int deploy(const struct settings *settings, const struct bearer_request *request,
		  const struct package *package, struct error *error)
{
	char stage[sizeof(((struct deployment *)NULL)->status)] = "";
	struct deploy_request deploy = {
		.api_version = settings_text(settings, SETTING_API_VERSION),
		.check_only = settings_flag(settings, SETTING_CHECK_ONLY),
		.wait = settings_number(settings, SETTING_WAIT),
		.progress = report_progress,
		.context = stage,
	};
	struct deployment deployment;
	struct secret *json = NULL;
	struct error why;
	int result;

	deploy.zip = package_zip(package, &deploy.length);
	for (size_t i = 0; package_note(package, i) != NULL; i++)
		message_note("%s", package_note(package, i));
	result = deploy_run(request, &deploy, &deployment, &json, error);
	message_progress_end();
	report_problems(&deployment, package);
	/* Before the output, which may fail. */
	if (result == 0)
		message_note("the org %s %ld component%s", deploy.check_only ? "accepts" : "deployed",
			     deployment.components_done, deployment.components_done == 1 ? "" : "s");
	if (json != NULL && output_write(secret_data(json), secret_length(json), &why) < 0) {
		if (result == 0)
			*error = why;
		else
			error_append(error, "; the org's answer was lost: %s", why.text);
		result = error_result(error);
	}
	secret_free(&json);
	deployment_clear(&deployment);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct bearer_request request;
	struct package *package = NULL;
	int result = cmd_bearer_request(settings, CMD_BEARER, cmd_needs_bearer, &request, error);

	if (result == 0)
		result = manifest_check_version(settings_text(settings, SETTING_API_VERSION), error);
	if (result == 0)
		result = package_make(settings_operand(settings, 0), settings_text(settings, SETTING_APP),
				      settings_text(settings, SETTING_API_VERSION), &package, error);
	if (result == 0)
		result = check_package(settings, package, error);
	if (result == 0)
		result = deploy(settings, &request, package, error);
	package_free(&package);
	cmd_bearer_request_clear(&request);
	return result;
}

const struct command command_deploy = { &usage_deploy, run, NULL };
