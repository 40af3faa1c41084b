/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that have a key's public half and are not the key's: placeholders and attestations. */
#include "unit.h"

#include "base/certificate.h"
#include "x509/x509.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static EVP_PKEY *key, *other, *device; /* made once: it takes time */

static int make_keys(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	device = EVP_EC_gen("P-256");
	return key != NULL && other != NULL && device != NULL ? 0 : -1;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	EVP_PKEY_free(device);
	return 0;
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0), 1);
}

/* A certificate of `public`, which is valid now. `extension` is an object identifier, or NULL. */
static X509 *make(EVP_PKEY *public, const char *subject, const char *issuer, EVP_PKEY *signer, const char *extension)
{
	X509 *certificate = X509_new();

	assert_non_null(certificate);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
	set_name(X509_get_subject_name(certificate), subject);
	set_name(X509_get_issuer_name(certificate), issuer);
	assert_int_equal(X509_set_pubkey(certificate, public), 1);
	if (extension != NULL) {
		ASN1_OBJECT *object = OBJ_txt2obj(extension, 1);
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *made;

		assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\4\3", 3), 1);
		made = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
		assert_int_equal(X509_add_ext(certificate, made, -1), 1);
		X509_EXTENSION_free(made);
		ASN1_OCTET_STRING_free(value);
		ASN1_OBJECT_free(object);
	}
	assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
	return certificate;
}

#define FIRMWARE "1.3.6.1.4.1.41482.3.3"
#define SLOT "YubiKey PIV Slot 9a"

static void kinds(void **state)
{
	const struct {
		EVP_PKEY *public, *signer;
		const char *subject, *issuer, *extension;
		enum certificate_kind kind;
	} rows[] = {
		{ key, key, "ci", "ci", NULL, CERTIFICATE_USABLE },
		{ key, other, "ci", "a CA", NULL, CERTIFICATE_USABLE },
		{ key, other, "ci", "a CA", "1.3.6.1.4.1.41482.3", CERTIFICATE_USABLE },
		{ key, device, SLOT, SLOT, NULL, CERTIFICATE_PLACEHOLDER },
		{ key, other, SLOT, SLOT, NULL, CERTIFICATE_PLACEHOLDER },
		{ device, other, "any name", "any name", NULL, CERTIFICATE_PLACEHOLDER },
		{ key, device, "YubiKey PIV Attestation 9a", "Yubico PIV Attestation", FIRMWARE, CERTIFICATE_ATTESTATION },
		{ key, key, "ci", "ci", FIRMWARE, CERTIFICATE_ATTESTATION },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *certificate = make(rows[i].public, rows[i].subject, rows[i].issuer, rows[i].signer, rows[i].extension);

		assert_int_equal(certificate_kind(certificate), rows[i].kind);
		X509_free(certificate);
	}
}

/* The list takes the certificate. */
static void add(struct x509_list *list, X509 *certificate)
{
	struct error error;

	assert_works(x509_list_add(list, certificate, &error), &error);
}

/* The key's own certificate begins earlier than the others, which is_better would otherwise take. */
static void the_own_certificate_is_chosen(void **state)
{
	X509 *own = make(key, "ci", "ci", key, NULL), *chosen;
	struct x509_list list = { .count = 0 };
	struct error error;

	(void)state;
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(own), -3600));
	assert_true(X509_sign(own, key, EVP_sha256()) > 0);
	add(&list, make(key, SLOT, SLOT, device, NULL));
	add(&list, make(key, "YubiKey PIV Attestation 9a", "Yubico PIV Attestation", device, FIRMWARE));
	add(&list, own);
	assert_works(x509_choose(&list, "a file", key, &chosen, &error), &error);
	assert_ptr_equal(chosen, own);
	X509_free(chosen);
	x509_list_clear(&list);
}

static void others_are_refused(void **state)
{
	struct x509_list list = { .count = 0 };
	struct error error;
	X509 *chosen;

	(void)state;
	add(&list, make(key, "YubiKey PIV Attestation 9a", "Yubico PIV Attestation", device, FIRMWARE));
	for (size_t i = 0; i < 2; i++) {
		assert_fails(x509_choose(&list, "a file", i == 0 ? key : NULL, &chosen, &error), ERROR_CONFIG, &error);
		assert_contains(error.text, "a file has an attestation of a YubiKey");
		assert_contains(error.hint, "p11bearer cert");
		assert_null(chosen);
	}
	assert_fails(x509_choose(&list, "a file", other, &chosen, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "does not belong to the key");
	add(&list, make(key, SLOT, SLOT, device, NULL));
	assert_fails(x509_choose(&list, "a file", key, &chosen, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, "a placeholder of a YubiKey");
	assert_contains(error.text, SLOT);
	x509_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(the_own_certificate_is_chosen),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
