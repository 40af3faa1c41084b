/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses a key's certificate among several. */
#include "x509/x509.h"

#include "base/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

enum { NAMED_MAX = 10 }; /* certificates that an error lists */

static void name_all(const struct x509_list *list, struct error *error)
{
	for (size_t i = 0; i < list->count && i < NAMED_MAX; i++) {
		char fingerprint[X509_FINGERPRINT_SIZE], subject[128], expiry[32];

		x509_subject(list->list[i], subject, sizeof(subject));
		x509_expiry(list->list[i], expiry, sizeof(expiry));
		x509_fingerprint(list->list[i], fingerprint);
		error_append(error, "\n  %s, expires %s, SHA-256 %s", subject, expiry, fingerprint);
	}
	if (list->count > NAMED_MAX)
		error_append(error, "\n  and more");
}

static bool is_valid_now(const X509 *certificate)
{
	return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static bool is_better(const X509 *one, const X509 *other)
{
	if (other == NULL || is_valid_now(one) != is_valid_now(other))
		return other == NULL || is_valid_now(one);
	return ASN1_TIME_compare(X509_get0_notBefore(one), X509_get0_notBefore(other)) > 0;
}

static int mismatch(const struct x509_list *list, const char *name, EVP_PKEY *key, struct error *error)
{
	char ours[X509_FINGERPRINT_SIZE], theirs[X509_FINGERPRINT_SIZE], fingerprint[X509_FINGERPRINT_SIZE];
	EVP_PKEY *public = X509_get0_pubkey(list->list[0]);

	if (list->count > 1) {
		error_set(error, ERROR_CONFIG, "none of the %zu certificates in %s belongs to the key:", list->count,
			  name);
		name_all(list, error);
		return -ERROR_CONFIG;
	}
	x509_key_fingerprint(key, ours);
	strcpy(theirs, "?");
	if (public != NULL)
		x509_key_fingerprint(public, theirs);
	x509_fingerprint(list->list[0], fingerprint);
	error_set(error, ERROR_CONFIG, "the certificate %s (SHA-256 fingerprint %s) does not belong to the key; "
		  "SHA-256 of the public keys:", name, fingerprint);
	error_append(error, "\n  certificate %s", theirs);
	error_append(error, "\n  token key   %s", ours);
	return -ERROR_CONFIG;
}

int x509_check_kind(X509 *certificate, const char *name, struct error *error)
{
	const char *kind = certificate_kind_name(certificate_kind(certificate));
	char subject[128];

	if (kind == NULL)
		return 0;
	x509_subject(certificate, subject, sizeof(subject));
	error_set(error, ERROR_CONFIG, "%s has %s of a YubiKey, not a certificate that the key signed: %s", name, kind,
		  subject);
	error_hint(error, "make a certificate with \"p11bearer cert\", and give that");
	return -ERROR_CONFIG;
}

int x509_choose(const struct x509_list *list, const char *name, EVP_PKEY *key, X509 **certificate, struct error *error)
{
	X509 *other = NULL; /* has the key, but is no certificate to use */

	*certificate = key == NULL && list->count == 1 ? list->list[0] : NULL;
	for (size_t i = 0; i < list->count && key != NULL; i++) {
		EVP_PKEY *public = X509_get0_pubkey(list->list[i]);

		if (public == NULL || EVP_PKEY_eq(public, key) != 1)
			continue;
		if (certificate_kind(list->list[i]) != CERTIFICATE_USABLE)
			other = list->list[i];
		else if (is_better(list->list[i], *certificate))
			*certificate = list->list[i];
	}
	ERR_clear_error();
	if (*certificate != NULL || other != NULL) {
		if (x509_check_kind(*certificate != NULL ? *certificate : other, name, error) < 0) {
			*certificate = NULL;
			return error_result(error);
		}
		X509_up_ref(*certificate);
		return 0;
	}
	if (key != NULL)
		return mismatch(list, name, key, error);
	error_set(error, ERROR_CONFIG, "%s holds %zu certificates, and it is not clear which one to use:", name,
		  list->count);
	name_all(list, error);
	error_hint(error, "use --key to select the key's certificate, or give a file with one certificate");
	return -ERROR_CONFIG;
}
