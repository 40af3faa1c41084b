/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer app check: tells what is wrong with an app's files. */
#include "cmd/cmd-app.h"

#include "base/json.h"
#include "base/message.h"
#include "base/output.h"
#include "salesforce/appcheck.h"
#include "x509/x509.h"

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
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

static int print_json(const struct appcheck *check, struct error *error)
{
	cJSON *root = cJSON_CreateObject(), *findings;
	char *text;
	int result;

	cJSON_AddStringToObject(root, "path", check->path);
	cJSON_AddBoolToObject(root, "ok", check->errors == 0);
	cJSON_AddItemToObject(root, "certificate", certificate_json(check->certificate));
	findings = cJSON_AddArrayToObject(root, "findings");
	for (size_t i = 0; i < check->count; i++) {
		const struct appcheck_finding *finding = &check->findings[i];
		cJSON *object = cJSON_CreateObject();

		cJSON_AddStringToObject(object, "level", finding->is_error ? "error" : "warning");
		cJSON_AddStringToObject(object, "code", finding->code);
		cJSON_AddStringToObject(object, "file", finding->file != NULL ? finding->file : check->path);
		cJSON_AddStringToObject(object, "text", finding->text);
		cJSON_AddItemToArray(findings, object);
	}
	text = cJSON_Print(root);
	result = json_write(text, error);
	cJSON_free(text);
	cJSON_Delete(root);
	return result;
}

static int run(const struct settings *settings, struct error *error)
{
	struct appcheck check = { .count = 0 };
	EVP_PKEY *key = NULL;
	int result = 0;

	/* A key in the configuration is not asked for: nobody asked for a login. */
	if (settings_is_option(settings, SETTING_KEY))
		result = cmd_app_key(settings, &key, error);
	if (result == 0)
		result = appcheck_run(&check, settings_operand(settings, 0), key, time(NULL), error);
	if (result == 0 && settings_flag(settings, SETTING_JSON))
		result = print_json(&check, error);
	else if (result == 0)
		cmd_app_findings(&check);
	if (result == 0 && check.errors > 0)
		result = error_set(error, ERROR_CONFIG, "%zu error%s in the files of the app, %zu warning%s", check.errors,
				   check.errors == 1 ? "" : "s", check.count - check.errors,
				   check.count - check.errors == 1 ? "" : "s");
	else if (result == 0)
		message_note("%s is fit for the JWT bearer flow: no errors, %zu warning%s", check.path, check.count,
			     check.count == 1 ? "" : "s");
	appcheck_clear(&check);
	EVP_PKEY_free(key);
	return result;
}

static const struct settings_usage usage = {
	.command = "app check",
	.operands = "PATH",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Tells what is wrong with the app's settings file, and with its other files when PATH is a folder.\n"
		   "With --key on the command line the certificate must be that key's.",
	.groups = GROUP_TOKEN | GROUP_KEY,
	.own = { SETTING_JSON },
};
const struct command command_app_check = { &usage, run };
