/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/appcheck.h"

#include "base/text.h"
#include "salesforce/appfile.h"
#include "salesforce/walk.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	BITS_MIN = 2048,
	DAYS_WARNED = 30,
};

__attribute__((format(printf, 5, 6))) static int
add(struct appcheck *check, bool is_error, const char *code, const char *file, const char *format, ...)
{
	struct appcheck_finding *grown = realloc(check->findings, (check->count + 1) * sizeof(*grown)), *finding;
	va_list arguments;

	if (grown == NULL)
		return -1;
	check->findings = grown;
	finding = &grown[check->count];
	*finding = (struct appcheck_finding){ .is_error = is_error, .code = code };
	if (file != NULL && (finding->file = strdup(file)) == NULL)
		return -1;
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
	text_clean(finding->text, "");
	if (finding->file != NULL)
		text_clean(finding->file, "");
	check->count++;
	check->errors += is_error ? 1 : 0;
	return 0;
}

void appcheck_clear(struct appcheck *check)
{
	for (size_t i = 0; i < check->count; i++)
		free(check->findings[i].file);
	free(check->findings);
	free(check->path);
	X509_free(check->certificate);
	memset(check, 0, sizeof(*check));
}

/* --- the certificate --------------------------------------------------------------------------------------------- */

static int check_life(struct appcheck *check, X509 *certificate, time_t now)
{
	time_t warned = now + (time_t)DAYS_WARNED * 24 * 60 * 60;
	char expiry[32];

	x509_expiry(certificate, expiry, sizeof(expiry));
	if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
		return add(check, true, "not-yet-valid", NULL, "the certificate is not valid yet");
	if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0)
		return add(check, true, "expired", NULL, "the certificate expired at %s", expiry);
	if (X509_cmp_time(X509_get0_notAfter(certificate), &warned) < 0)
		return add(check, false, "expires-soon", NULL, "the certificate expires at %s, within %d days", expiry,
			   (int)DAYS_WARNED);
	return 0;
}

static int check_key(struct appcheck *check, X509 *certificate, EVP_PKEY *key)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	char own[X509_FINGERPRINT_SIZE], other[X509_FINGERPRINT_SIZE];

	if (public == NULL || !EVP_PKEY_is_a(public, "RSA")) {
		if (add(check, true, "not-rsa", NULL, "the certificate's key is no RSA key, and the flow takes no other") < 0)
			return -1;
	} else if (EVP_PKEY_get_bits(public) < BITS_MIN) {
		if (add(check, true, "short-key", NULL, "the certificate's key has %d bits, and the org takes %d or more",
			EVP_PKEY_get_bits(public), (int)BITS_MIN) < 0)
			return -1;
	}
	if (key == NULL || (public != NULL && EVP_PKEY_eq(public, key) == 1))
		return 0;
	x509_key_fingerprint(key, own);
	snprintf(other, sizeof(other), "?");
	if (public != NULL)
		x509_key_fingerprint(public, other);
	return add(check, true, "other-key", NULL,
		   "the certificate is another key's: SHA-256 of its public key is %s, that of --key is %s", other, own);
}

int appcheck_certificate(struct appcheck *check, X509 *certificate, size_t length, EVP_PKEY *key, time_t now)
{
	if (check_life(check, certificate, now) < 0 || check_key(check, certificate, key) < 0)
		return -1;
	if (length > X509_ORG_LIMIT)
		return add(check, true, "too-large", NULL, "the certificate has %zu bytes, and the org takes %d", length,
			   (int)X509_ORG_LIMIT);
	return 0;
}

/* --- the files --------------------------------------------------------------------------------------------------- */

static int check_fields(struct appcheck *check, const struct appfile *file, const char *path)
{
	static const struct {
		const char *field, *code, *text;
	} warned[] = {
		{ "orgScopedExternalApp", "org-specific", "names an app in one org: take it out before another org gets the file" },
		{ "oauthLink", "org-specific", "points into one org: take it out before another org gets the file" },
		{ "consumerSecret", "secret", "is a secret of one org, and this flow needs none: take it out" },
		{ "clientAssertionCertificate", "wrong-field",
		  "is not for this flow: the certificate belongs into the field certificate of the global OAuth settings" },
	};

	for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
		if (appfile_count(file, warned[i].field) > 0 &&
		    add(check, false, warned[i].code, path, "%s %s", warned[i].field, warned[i].text) < 0)
			return -1;
	}
	return 0;
}

static int check_required(struct appcheck *check, struct appfile *file, const char *path)
{
	static const char *const required[] = { "callbackUrl", "externalClientApplication" };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		const char *text = appfile_text(file, required[i]);

		if ((text == NULL || text[strspn(text, " \t\r\n")] == '\0') &&
		    add(check, true, "missing-field", path, "%s is missing, and the org requires it", required[i]) < 0)
			return -1;
	}
	return 0;
}

static int check_value(struct appcheck *check, struct appfile *file, EVP_PKEY *key, time_t now)
{
	const char *text = appfile_text(file, "certificate");
	struct x509_list list;
	struct error why;
	int result = 0;

	if (appfile_count(file, "certificate") > 1)
		return add(check, true, "two-certificates", check->path, "there is more than one certificate");
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return add(check, false, "no-certificate", check->path,
			   "there is no certificate: to deploy the file so clears the one in the org, and breaks logins");
	if (x509_parse("the field certificate", text, strlen(text), &list, &why) < 0)
		return add(check, true, "bad-certificate", check->path, "%.400s", why.text);
	if (list.count > 1)
		result = add(check, true, "two-certificates", check->path, "the field certificate holds %zu certificates", list.count);
	else if (list.repeated)
		result = add(check, false, "repeated-certificate", check->path, "the field certificate holds its certificate twice");
	if (result == 0 && list.count == 1) {
		check->certificate = list.list[0];
		X509_up_ref(check->certificate);
		result = appcheck_certificate(check, check->certificate, strlen(text), key, now);
	}
	x509_list_clear(&list);
	return result;
}

static int check_other(struct appcheck *check, const char *path, enum appfile_type type)
{
	struct appfile *file;
	struct error error;
	int result;

	if (appfile_read(path, type, &file, &error) < 0)
		return error.class == ERROR_CONFIG ? add(check, true, "unusable", path, "%.500s", error.text) : -1;
	result = check_fields(check, file, path);
	appfile_free(&file);
	return result;
}

static int check_settings(struct appcheck *check, struct appfile *file, EVP_PKEY *key, time_t now)
{
	int result = check_required(check, file, check->path);

	if (result == 0)
		result = check_fields(check, file, check->path);
	if (result == 0)
		result = check_value(check, file, key, now);
	return result;
}

int appcheck_settings(struct appcheck *check, const char *path, const char *data, size_t length, time_t now,
		      struct error *error)
{
	struct appfile *file;
	int result;

	memset(check, 0, sizeof(*check));
	if (appfile_parse(path, data, length, APPFILE_GLOBAL_OAUTH, &file, error) < 0)
		return error_result(error);
	check->path = strdup(path);
	result = check->path != NULL && check_settings(check, file, NULL, now) == 0 ? 0 : error_memory(error);
	appfile_free(&file);
	if (result == 0)
		text_clean(check->path, "");
	return result;
}

static int visit_other(void *context, const char *path, const char *below, enum walk_kind kind, struct error *error)
{
	struct appcheck *check = context;
	enum appfile_type type;

	(void)below;
	if (!walk_is_file(path, kind) || !appfile_type_of(path, &type) || type == APPFILE_GLOBAL_OAUTH ||
	    check_other(check, path, type) == 0)
		return 0;
	return error_memory(error);
}

int appcheck_run(struct appcheck *check, const char *path, EVP_PKEY *key, time_t now, struct error *error)
{
	struct appfile *file;
	struct stat status;
	struct error why;
	int result;

	memset(check, 0, sizeof(*check));
	if (appfile_find(path, &check->path, error) < 0)
		return error_result(error);
	if (appfile_read(check->path, APPFILE_GLOBAL_OAUTH, &file, &why) == 0) {
		result = check_settings(check, file, key, now);
		appfile_free(&file);
	} else {
		result = why.class == ERROR_CONFIG ? add(check, true, "unusable", check->path, "%.500s", why.text) : -1;
	}
	if (result < 0)
		return error_memory(error);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) && walk_files(path, visit_other, check, NULL, error) < 0)
		return error_result(error);
	text_clean(check->path, ""); /* from here on it is shown only */
	return 0;
}
