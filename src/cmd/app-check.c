/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer app check: checks an app's files. */
#include "cmd/cmd-app.h"

#include "base/message.h"
#include "process/output.h"
#include "salesforce/appcheck.h"
#include "salesforce/apps.h"
#include "salesforce/release.h"
#include "x509/x509.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static cJSON *certificate_json(X509 *certificate)
{
	char fingerprint[X509_FINGERPRINT_SIZE], subject[512], expiry[32];
	cJSON *object;

	if (certificate == NULL)
		return cJSON_CreateNull();
	object = cJSON_CreateObject();
	x509_subject(certificate, subject, sizeof(subject));
	x509_expiry(certificate, expiry, sizeof(expiry));
	x509_fingerprint(certificate, fingerprint);
	cJSON_AddStringToObject(object, "subject", subject);
	cJSON_AddStringToObject(object, "expires", expiry);
	cJSON_AddStringToObject(object, "sha256", fingerprint);
	return object;
}

static int print_json(const struct appcheck *check, const char *app, struct error *error)
{
	cJSON *root = cJSON_CreateObject(), *findings;
	char *text;
	int result;

	cJSON_AddStringToObject(root, "path", check->path);
	if (app != NULL)
		cJSON_AddStringToObject(root, "app", app);
	else
		cJSON_AddNullToObject(root, "app");
	cJSON_AddBoolToObject(root, "ok", check->errors == 0);
	cJSON_AddItemToObject(root, "certificate", certificate_json(check->certificate));
	findings = cJSON_AddArrayToObject(root, "findings");
	for (size_t i = 0; i < check->count; i++) {
		const struct appcheck_finding *finding = &check->findings[i];
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "level", finding->level >= APPCHECK_UNFIT ? "error" : "warning");
		cJSON_AddStringToObject(object, "code", finding->code);
		cJSON_AddStringToObject(object, "file", finding->file != NULL ? finding->file : check->path);
		cJSON_AddStringToObject(object, "text", finding->text);
		cJSON_AddItemToArray(findings, object);
	}
	text = cJSON_Print(root);
	result = output_json(text, error);
	cJSON_free(text);
	cJSON_Delete(root);
	return result;
}

/* Reports the result. Calls an app fit only if all its files were checked and nothing is in doubt. */
static void tell(const struct appcheck *check, const char *app)
{
	size_t warnings = check->count - check->errors;
	char number[64];

	snprintf(number, sizeof(number), "%zu warning%s", warnings, warnings == 1 ? "" : "s");
	if (check->is_whole && check->doubts == 0)
		message_note("the app %s is fit for the JWT bearer flow%s%s", app, warnings > 0 ? "; " : "",
			     warnings > 0 ? number : "");
	else if (check->is_whole)
		message_note("the app %s: no errors, %s", app, number);
	else
		message_note("%s: no errors, %s; this is not the whole app", check->path, number);
}

static int conclude(const struct settings *settings, const struct appcheck *check, const char *app,
		    struct error *error)
{
	size_t warnings = check->count - check->errors;
	int result = 0;

	if (settings_flag(settings, SETTING_JSON))
		result = print_json(check, app, error);
	else
		release_findings(check);
	if (result < 0)
		return result;
	if (check->errors > 0)
		return error_set(error, ERROR_CONFIG, "%zu error%s in the files of the app, %zu warning%s",
				 check->errors, check->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	tell(check, app);
	return 0;
}

static int run(const struct settings *settings, struct error *error)
{
	const char *path = settings_operand(settings, 0), *app = NULL;
	struct appcheck_given given = {
		.client_id = settings_text(settings, SETTING_CLIENT_ID),
		.now = time(NULL),
		.names_missing = true,
	};
	const struct apps_file *file;
	struct appcheck check = { .count = 0 };
	struct apps apps;
	int result = apps_read(&apps, path, error);

	if (result == 0)
		result = apps_select(&apps, path, settings_text(settings, SETTING_APP), &app, error);
	if (result == 0 && apps.is_folder)
		result = apps_settings(&apps, path, app, &file, error);
	given.names_missing = apps.is_folder && apps.count > 1;
	/* A key in the configuration is not opened: the user did not ask for a login. */
	if (result == 0 && settings_is_option(settings, SETTING_KEY))
		result = cmd_app_key(settings, &given.key, error);
	if (result == 0)
		result = appcheck_run(&check, &apps, app, &given, error);
	if (result == 0)
		result = appcheck_names(&check, path, error);
	if (result == 0)
		result = conclude(settings, &check, app, error);
	appcheck_clear(&check);
	apps_clear(&apps);
	EVP_PKEY_free(given.key);
	return result;
}

const struct command command_app_check = { &usage_app_check, run, NULL };
