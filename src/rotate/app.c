/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate in the app's settings file: read, replaced, and put back byte for byte. */
#include "rotate/internal.h"

#include "base/message.h"
#include "base/secret.h"
#include "base/snapshot.h"
#include "salesforce/appfile.h"
#include "salesforce/apps.h"
#include "salesforce/release.h"
#include "x509/x509.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

int app_find(const struct rotate *rotate, char **app, char **path, struct error *error)
{
	const struct apps_file *file;
	const char *name = NULL;
	struct apps apps;
	int result = apps_read(&apps, rotate->path, error);

	*app = *path = NULL;
	if (result == 0)
		result = apps_select(&apps, rotate->path, rotate->app, &name, error);
	if (result == 0)
		result = apps_settings(&apps, rotate->path, name, &file, error);
	if (result == 0 && name != NULL && (*app = strdup(name)) == NULL)
		result = error_memory(error);
	if (result == 0 && (*path = realpath(file->path, NULL)) == NULL)
		result = error_set(error, ERROR_CONFIG, "cannot find %s: %s", file->path, strerror(errno));
	apps_clear(&apps);
	return result;
}

int app_read(const char *path, char **bytes, struct error *error)
{
	struct snapshot snapshot = { .data = NULL };
	struct appfile *file = NULL;
	int result = appfile_take(path, &snapshot, &file, error);

	if (result == 0 && appfile_cut(file, bytes, error) < 0) {
		result = error_result(error);
		if (error->hint[0] == '\0')
			error_hint(error, "nothing was changed; put the certificate that the org has into the file, "
					  "with \"p11bearer app set-cert\": rotate deploys it if it has to go back");
	}
	appfile_free(&file);
	snapshot_clear(&snapshot);
	return result;
}

int app_parse(const char *path, const char *bytes, X509 **certificate, struct error *error)
{
	struct x509_list list = { .count = 0 };
	int result = x509_parse(path, bytes, strlen(bytes), &list, error);

	if (result == 0)
		result = x509_choose(&list, path, NULL, certificate, error);
	x509_list_clear(&list);
	return result;
}

static bool is_certificate(const char *path, const char *bytes, X509 *certificate)
{
	X509 *found = NULL;
	struct error ignored;
	bool same = app_parse(path, bytes, &found, &ignored) == 0 && X509_cmp(found, certificate) == 0;

	X509_free(found);
	return same;
}

/* Puts a PEM into the file, or, if that is NULL, bytes that it had. */
static int put(const char *path, const char *pem, const char *bytes, struct error *error)
{
	struct snapshot snapshot = { .data = NULL };
	struct appfile *file = NULL;
	char *data = NULL;
	size_t length;
	int result = appfile_take(path, &snapshot, &file, error);

	if (result == 0 && pem != NULL)
		result = appfile_splice(file, pem, &data, &length, error);
	else if (result == 0)
		result = appfile_put_back(file, bytes, &data, &length, error);
	if (result == 0)
		result = snapshot_replace(&snapshot, path, data, length, error);
	wipe_free(data);
	appfile_free(&file);
	snapshot_clear(&snapshot);
	return result;
}

int app_put_new(const struct rotation *rotation, struct error *error)
{
	const struct rotate_record *record = rotation->record;
	const char *path = record->settings_file;
	char *bytes = NULL, *pem = NULL;
	size_t length;
	int result = app_read(path, &bytes, error);

	if (result != 0 || is_certificate(path, bytes, rotation->new))
		goto out;
	if (strcmp(bytes, record->app_certificate) != 0) {
		result = error_set(error, ERROR_CONFIG, "the certificate in %s is neither the old nor the new one: "
				   "somebody has changed it since the rotation began", path);
		error_hint(error, "put the old one back with --abort");
	}
	if (result == 0)
		result = x509_certificate_pem(rotation->new, &pem, &length, error);
	if (result == 0)
		result = put(path, pem, NULL, error);
	if (result == 0)
		message_note("changed %s", path);
out:
	free(bytes);
	free(pem);
	return result;
}

int app_put_old(const struct rotation *rotation, struct error *error)
{
	const struct rotate_record *record = rotation->record;
	char *bytes = NULL;
	int result = app_read(record->settings_file, &bytes, error);

	if (result == 0 && strcmp(bytes, record->app_certificate) != 0) {
		result = put(record->settings_file, NULL, record->app_certificate, error);
		if (result == 0)
			message_note("%s has the old certificate again", record->settings_file);
	}
	free(bytes);
	return result;
}
