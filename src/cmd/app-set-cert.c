/* SPDX-License-Identifier: Apache-2.0 */
/* p11bearer app set-cert: puts a certificate into an app's settings file. */
#include "cmd/cmd-app.h"

#include "base/message.h"
#include "base/secret.h"
#include "base/snapshot.h"
#include "process/output.h"
#include "salesforce/appfile.h"
#include "salesforce/apps.h"
#include "salesforce/release.h"
#include "x509/x509.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static int print_difference(const struct appfile *old, const char *path, const char *data, size_t length,
			    struct error *error)
{
	struct appfile *new;
	char *text;
	int result = appfile_parse(path, data, length, APPFILE_GLOBAL_OAUTH, &new, error);

	if (result < 0)
		return result;
	text = appfile_difference(old, new);
	result = text != NULL ? output_write(text, strlen(text), error) : error_memory(error);
	free(text);
	appfile_free(&new);
	return result;
}

/* Reports the old certificate. Returns whether it is `certificate`. */
static bool report_old(struct appfile *file, X509 *certificate)
{
	const char *text = appfile_text(file, "certificate");
	bool empty = text == NULL || text[strspn(text, " \t\r\n")] == '\0', same;
	struct x509_list old = { .count = 0 };
	struct error why;

	if (empty)
		message_note("old certificate: none");
	else if (x509_parse("the field certificate", text, strlen(text), &old, &why) < 0)
		message_warn("%s", why.text);
	same = old.count == 1 && old.repeated == NULL && X509_cmp(old.list[0], certificate) == 0;
	for (size_t i = 0; i < old.count && !same; i++)
		release_certificate("old certificate", old.list[i]);
	x509_list_clear(&old);
	return same;
}

static int put(const struct snapshot *snapshot, struct appfile *file, const char *path, X509 *certificate, bool dry,
	       struct error *error)
{
	char *pem = NULL, *data = NULL;
	size_t length;
	int result = x509_certificate_pem(certificate, &pem, &length, error);

	if (result == 0)
		result = cmd_app_warn(certificate, length, error);
	if (result == 0 && appfile_count(file, "certificate") <= 1 && report_old(file, certificate)) {
		release_certificate("certificate", certificate);
		message_note("%s already has this certificate; nothing was written", path);
		goto out;
	}
	if (result == 0)
		result = appfile_splice(file, pem, &data, &length, error);
	if (result == 0 && dry)
		result = print_difference(file, path, data, length, error);
	else if (result == 0)
		result = snapshot_replace(snapshot, path, data, length, error);
	if (result == 0) {
		release_certificate("new certificate", certificate);
		message_note(dry ? "would change %s; nothing was written" : "changed %s", path);
	}
out:
	wipe_free(data);
	free(pem);
	return result;
}

/* Finds the settings file. The caller frees *path. */
static int find(const struct settings *settings, char **path, struct error *error)
{
	const char *operand = settings_operand(settings, 0), *app;
	const struct apps_file *file;
	struct apps apps;
	int result = apps_read(&apps, operand, error);

	if (result == 0)
		result = apps_select(&apps, operand, settings_text(settings, SETTING_APP), &app, error);
	if (result == 0)
		result = apps_settings(&apps, operand, app, &file, error);
	if (result == 0) {
		*path = strdup(file->path);
		result = *path != NULL ? 0 : error_memory(error);
	}
	apps_clear(&apps);
	return result;
}

/* Fails if a certificate cannot be put into the file. */
static int check_file(const struct appfile *file, struct error *error)
{
	size_t length;
	char *data;
	int result = appfile_splice(file, "", &data, &length, error);

	wipe_free(data);
	return result;
}

/* Reads the file first, so that nobody types a PIN for a file that cannot be changed. Reads it again afterwards,
 * because it may have been edited while the PIN was typed. */
static int run(const struct settings *settings, struct error *error)
{
	struct snapshot before = { .data = NULL }, now = { .data = NULL };
	struct appfile *file = NULL;
	X509 *certificate = NULL;
	char *path = NULL;
	int result = find(settings, &path, error);

	if (result == 0)
		result = appfile_take(path, &before, &file, error);
	if (result == 0)
		result = check_file(file, error);
	appfile_free(&file);
	if (result == 0)
		result = cmd_app_certificate(settings, &certificate, error);
	if (result == 0)
		result = appfile_take(path, &now, &file, error);
	if (result == 0)
		result = put(&now, file, path, certificate, settings_flag(settings, SETTING_DRY_RUN), error);
	X509_free(certificate);
	appfile_free(&file);
	snapshot_clear(&before);
	snapshot_clear(&now);
	free(path);
	return result;
}

const struct command command_app_set_cert = { &usage_app_set_cert, run, NULL };
