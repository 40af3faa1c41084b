/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/release.h"

#include "base/message.h"
#include "salesforce/apps.h"
#include "x509/x509.h"

#include <string.h>
#include <time.h>

void release_certificate(const char *what, X509 *certificate)
{
	char fingerprint[X509_FINGERPRINT_SIZE], subject[512], expiry[32];

	x509_subject(certificate, subject, sizeof(subject));
	x509_expiry(certificate, expiry, sizeof(expiry));
	x509_fingerprint(certificate, fingerprint);
	message_note("%s: %s, expires %s, SHA-256 %s", what, subject, expiry, fingerprint);
}

void release_findings(const struct appcheck *check)
{
	for (size_t i = 0; i < check->count; i++) {
		const struct appcheck_finding *finding = &check->findings[i];
		const char *file = finding->file != NULL ? finding->file : check->path;
		/* Some findings name their file. */
		bool named = strstr(finding->text, file) != NULL;

		message_note("%s: %s%s%s", finding->level >= APPCHECK_UNFIT ? "error" : "warning", named ? "" : file,
			     named ? "" : ": ", finding->text);
	}
	if (check->certificate != NULL)
		release_certificate("certificate", check->certificate);
}

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

static size_t count_findings(const struct appcheck *check, const char *code)
{
	size_t count = 0;

	for (size_t i = 0; i < check->count; i++)
		count += strcmp(check->findings[i].code, code) == 0 ? 1 : 0;
	return count;
}

/* Checks the files of one app; if `app` is NULL, the files that belong to no app. */
static int check_app(const struct release_rules *rules, const struct apps *apps, const char *app, struct error *error)
{
	const struct appcheck_given given = { .now = time(NULL) };
	struct appcheck check;
	size_t missing = 0, unfit = 0;
	int result = appcheck_run(&check, apps, app, &given, error);

	if (result == 0) {
		release_findings(&check);
		missing = count_findings(&check, "no-certificate");
		unfit = check.errors - check.refused - missing;
	}
	if (rules->allow_expired)
		unfit -= count_findings(&check, "expired");
	if (result == 0 && (check.refused > 0 || (unfit > 0 && !rules->allow_unfit))) {
		result = error_set(error, ERROR_CONFIG, "%zu error%s in the files of the app%s%s; nothing was deployed",
				   check.errors, check.errors == 1 ? "" : "s", app != NULL ? " " : "",
				   app != NULL ? app : "");
		if (check.refused == 0)
			error_hint(error, "correct the files, or deploy them anyway with --allow-unfit");
	} else if (result == 0 && missing > 0 && !rules->allow_no_certificate) {
		result = error_set(error, ERROR_CONFIG, "%s has no certificate; nothing was deployed", check.path);
		error_hint(error, "put one in with \"p11bearer app set-cert\", or deploy the file anyway with "
				  "--allow-no-certificate");
	}
	appcheck_clear(&check);
	return result;
}

int release_check(const struct package *package, const struct release_rules *rules, struct error *error)
{
	struct apps apps;
	const char *app;
	int result = package_apps(package, &apps, error);

	if (result == 0)
		result = check_app(rules, &apps, NULL, error);
	for (size_t i = 0; result == 0 && (app = apps_name(&apps, i)) != NULL; i++)
		result = check_app(rules, &apps, app, error);
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

int release_run(const struct bearer_request *request, const struct package *package,
		const struct deploy_request *deploy, struct deployment *deployment, struct secret **json,
		struct error *error)
{
	char stage[sizeof(deployment->status)] = "";
	struct deploy_request whole = *deploy;
	int result;

	whole.zip = package_zip(package, &whole.length);
	whole.progress = report_progress;
	whole.context = stage;
	for (size_t i = 0; package_note(package, i) != NULL; i++)
		message_note("%s", package_note(package, i));
	result = deploy_run(request, &whole, deployment, json, error);
	message_progress_end();
	report_problems(deployment, package);
	if (result == 0)
		message_note("the org %s %ld component%s", deploy->check_only ? "accepts" : "deployed",
			     deployment->components_done, deployment->components_done == 1 ? "" : "s");
	return result;
}
