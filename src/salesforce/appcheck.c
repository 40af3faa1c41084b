/* SPDX-License-Identifier: Apache-2.0 */
#include "salesforce/appcheck-internal.h"

#include "base/text.h"
#include "server/server.h"
#include "x509/x509.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BITS_MIN = 2048,
	DAYS_WARNED = 30,
};

int appcheck_add(struct appcheck *check, enum appcheck_level level, const char *code, const char *file,
		 const char *format, ...)
{
	struct appcheck_finding *grown = realloc(check->findings, (check->count + 1) * sizeof(*grown)), *finding;
	va_list arguments;

	if (grown == NULL)
		return -1;
	check->findings = grown;
	finding = &grown[check->count];
	*finding = (struct appcheck_finding){ .level = level, .code = code };
	if (file != NULL && (finding->file = strdup(file)) == NULL)
		return -1;
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
	text_clean(finding->text, "");
	if (finding->file != NULL)
		text_clean(finding->file, "");
	check->count++;
	check->errors += level >= APPCHECK_UNFIT ? 1 : 0;
	check->doubts += level == APPCHECK_DOUBT ? 1 : 0;
	check->refused += level == APPCHECK_REFUSED ? 1 : 0;
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
	enum x509_validity validity = x509_valid_at(certificate, now);
	time_t warned = now + (time_t)DAYS_WARNED * 24 * 60 * 60;
	char expiry[32];

	x509_expiry(certificate, expiry, sizeof(expiry));
	if (validity == X509_NOT_YET_VALID)
		return appcheck_add(check, APPCHECK_UNFIT, "not-yet-valid", NULL, "the certificate is not valid yet");
	if (validity == X509_EXPIRED)
		return appcheck_add(check, APPCHECK_UNFIT, "expired", NULL, "the certificate expired at %s", expiry);
	if (x509_valid_at(certificate, warned) == X509_EXPIRED)
		return appcheck_add(check, APPCHECK_ADVICE, "expires-soon", NULL,
				    "the certificate expires at %s, within %d days", expiry, (int)DAYS_WARNED);
	return 0;
}

static int check_key(struct appcheck *check, X509 *certificate, EVP_PKEY *key)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);
	char own[X509_FINGERPRINT_SIZE], other[X509_FINGERPRINT_SIZE];
	int result = 0;

	if (public == NULL || !EVP_PKEY_is_a(public, "RSA"))
		result = appcheck_add(check, APPCHECK_UNFIT, "not-rsa", NULL,
				      "the certificate's key is not an RSA key, which this flow requires");
	else if (EVP_PKEY_get_bits(public) < BITS_MIN)
		result = appcheck_add(check, APPCHECK_UNFIT, "short-key", NULL,
				      "the certificate's key has %d bits; the org requires %d or more",
				      EVP_PKEY_get_bits(public), (int)BITS_MIN);
	if (result < 0 || key == NULL || (public != NULL && EVP_PKEY_eq(public, key) == 1))
		return result;
	x509_key_fingerprint(key, own);
	snprintf(other, sizeof(other), "?");
	if (public != NULL)
		x509_key_fingerprint(public, other);
	return appcheck_add(check, APPCHECK_UNFIT, "other-key", NULL,
			    "the certificate belongs to another key: its public key has the SHA-256 %s, --key has %s",
			    other, own);
}

int appcheck_certificate(struct appcheck *check, X509 *certificate, size_t length, EVP_PKEY *key, time_t now)
{
	if (check_life(check, certificate, now) < 0 || check_key(check, certificate, key) < 0)
		return -1;
	if (length > server_salesforce.certificate_max)
		return appcheck_add(check, APPCHECK_UNFIT, "too-large", NULL,
				    "the certificate has %zu bytes; the org accepts at most %zu", length,
				    server_salesforce.certificate_max);
	return 0;
}

/* --- the files --------------------------------------------------------------------------------------------------- */

/* Whether there are several PEM blocks, or text around one. x509_parse skips the text; an org may refuse it. */
static bool has_more_than_pem(const char *text)
{
	const char *first = strstr(text, "-----BEGIN"), *end = first != NULL ? strstr(first, "-----END") : NULL;

	if (end == NULL)
		return false;
	end = strstr(end + strlen("-----END"), "-----");
	return first != text + strspn(text, " \t\r\n") || end == NULL || end[5 + strspn(end + 5, " \t\r\n")] != '\0';
}

static int check_value(struct appcheck *check, const struct apps_file *file, const struct appcheck_given *given)
{
	const char *text = appfile_text(file->file, "certificate");
	struct x509_list list;
	struct error why;
	int result = 0;

	if (appfile_count(file->file, "certificate") > 1)
		return appcheck_add(check, APPCHECK_UNFIT, "two-certificates", file->path,
				    "the field certificate occurs more than once");
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return appcheck_add(check, APPCHECK_UNFIT, "no-certificate", file->path,
				    "there is no certificate: deploying the file clears the one in the org and breaks "
				    "logins");
	if (x509_parse("the field certificate", text, strlen(text), &list, &why) < 0)
		return appcheck_add(check, APPCHECK_UNFIT, "bad-certificate", file->path, "%.400s", why.text);
	if (list.count > 1)
		result = appcheck_add(check, APPCHECK_UNFIT, "two-certificates", file->path,
				      "the field certificate holds %zu certificates", list.count);
	else if (list.repeated != NULL)
		result = appcheck_add(check, APPCHECK_DOUBT, "repeated-certificate", file->path,
				      "the field certificate holds its certificate twice");
	else if (has_more_than_pem(text))
		result = appcheck_add(check, APPCHECK_DOUBT, "more-than-certificate", file->path,
				      "the field certificate holds more than the certificate; the org may refuse it");
	if (result == 0 && list.count == 1) {
		X509_up_ref(list.list[0]);
		X509_free(check->certificate);
		check->certificate = list.list[0];
		result = appcheck_certificate(check, check->certificate, strlen(text), given->key, given->now);
	}
	x509_list_clear(&list);
	return result;
}

static int add_private_key(struct appcheck *check, const char *path, const char *where)
{
	return appcheck_add(check, APPCHECK_REFUSED, "private-key", path,
			    "%s holds a private key: remove it, and replace the key, which is no longer secret", where);
}

/* If the file holds a private key, none of its content is shown. */
static int check_file(struct appcheck *check, const struct apps_file *file, const struct apps *apps,
		      const struct appcheck_given *given)
{
	char where[128];

	if (file->file == NULL) {
		if (file->leaks && add_private_key(check, file->path, "the file") < 0)
			return -1;
		return appcheck_add(check, APPCHECK_REFUSED, "unusable", file->path, "%.500s", file->why);
	}
	if (appfile_has_private_key(file->file, where, sizeof(where)))
		return add_private_key(check, file->path, where);
	if (appcheck_fields(check, file, apps, given) < 0)
		return -1;
	return file->type == APPFILE_GLOBAL_OAUTH ? check_value(check, file, given) : 0;
}

/* Checks how many files of each type the app has. */
static int check_types(struct appcheck *check, const char *app, const size_t counts[APPFILE_TYPES], bool names_missing)
{
	check->is_whole = true;
	for (size_t i = 0; i < APPFILE_TYPES; i++) {
		int result = 0;

		check->is_whole = check->is_whole && counts[i] == 1;
		if (counts[i] > 1)
			result = appcheck_add(check, APPCHECK_UNFIT, "several-files", check->path,
					      "the app has %zu files of type %s", counts[i], appfile_kinds[i].root);
		else if (counts[i] == 0 && names_missing)
			result = appcheck_add(check, APPCHECK_DOUBT, "missing-file", check->path,
					      "the app %.100s has no file of type %s, so that part was not checked",
					      app, appfile_kinds[i].root);
		if (result < 0)
			return result;
	}
	return 0;
}

int appcheck_run(struct appcheck *check, const struct apps *apps, const char *app, const struct appcheck_given *given,
		 struct error *error)
{
	size_t counts[APPFILE_TYPES] = { 0 };
	const char *path = NULL;

	memset(check, 0, sizeof(*check));
	for (size_t i = 0; i < apps->count; i++) {
		const struct apps_file *file = &apps->list[i];

		if (file->app != app)
			continue;
		if (path == NULL || file->type == APPFILE_GLOBAL_OAUTH)
			path = file->path;
		counts[file->type]++;
		if (check_file(check, file, apps, given) < 0)
			return error_memory(error);
	}
	check->path = strdup(path != NULL ? path : "");
	if (check->path == NULL)
		return error_memory(error);
	text_clean(check->path, ""); /* only for messages */
	if (app != NULL && check_types(check, app, counts, given->names_missing) < 0)
		return error_memory(error);
	return 0;
}
