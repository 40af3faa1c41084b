/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates like those of YubiKeys and of their vendor. */
#ifndef P11BEARER_TESTS_ATTESTATIONS_H
#define P11BEARER_TESTS_ATTESTATIONS_H

#include "unit.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { DAY = 86400, NOW = 1800000000 }; /* 2027-01-15 */

#define YUBICO "1.3.6.1.4.1.41482.3."
#define FIRMWARE { YUBICO "3", "\x05\x04\x03", 3 }
#define SERIAL { YUBICO "7", "\x02\x04\x00\xbc\x61\x4e", 6 } /* 12345678 */
#define POLICIES { YUBICO "8", "\x02\x03", 2 }
#define FORM { YUBICO "9", "\x03", 1 }

struct raw_extension {
	const char *oid, *bytes;
	size_t length;
};

/* What a certificate says. NULL: no such extension. */
struct spec {
	const char *subject, *issuer;
	EVP_PKEY *key, *issuer_key;
	const char *basic, *usage;
	struct raw_extension raw[6];
	bool is_critical; /* the raw ones */
	long from, to; /* days from NOW; both 0: -100 to 100 */
	const EVP_MD *digest; /* NULL: SHA-256 */
};

static inline void name_set(X509_NAME *name, const char *common)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0),
			 1);
}

static inline void extension_add(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension;

	if (value == NULL)
		return;
	extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static inline void extension_add_raw(X509 *certificate, const struct raw_extension *raw, bool is_critical)
{
	ASN1_OBJECT *object = OBJ_txt2obj(raw->oid, 1);
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	assert_int_equal(ASN1_OCTET_STRING_set(bytes, (const unsigned char *)raw->bytes, (int)raw->length), 1);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, is_critical, bytes);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(bytes);
	ASN1_OBJECT_free(object);
}

/* Free with X509_free. */
static inline X509 *certificate_make(const struct spec *spec)
{
	static long number;
	bool is_now = spec->from == 0 && spec->to == 0;
	X509 *certificate = X509_new();
	X509V3_CTX context;

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++number);
	name_set(X509_get_subject_name(certificate), spec->subject);
	name_set(X509_get_issuer_name(certificate), spec->issuer);
	ASN1_TIME_set(X509_getm_notBefore(certificate), NOW + (is_now ? -100 : spec->from) * DAY);
	ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + (is_now ? 100 : spec->to) * DAY);
	X509_set_pubkey(certificate, spec->key);
	X509V3_set_ctx(&context, NULL, certificate, NULL, NULL, 0);
	extension_add(certificate, &context, NID_basic_constraints, spec->basic);
	extension_add(certificate, &context, NID_key_usage, spec->usage);
	for (size_t i = 0; i < COUNT(spec->raw) && spec->raw[i].oid != NULL; i++)
		extension_add_raw(certificate, &spec->raw[i], spec->is_critical);
	assert_true(X509_sign(certificate, spec->issuer_key, spec->digest != NULL ? spec->digest : EVP_sha256()) > 0);
	return certificate;
}

#endif
