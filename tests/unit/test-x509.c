/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests, made with keys in memory: to OpenSSL a key on a token is no different. */
#include "rsa.h"
#include "unit.h"

#include "p11/p11.h"
#include "x509/x509.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static EVP_PKEY *key, *other; /* made once: it takes time */

static int make_keys(void **state)
{
	(void)state;
	key = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	return key != NULL && other != NULL ? 0 : -1;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

static X509_NAME *name_of(const char *subject)
{
	struct error error = { 0 };
	X509_NAME *name;

	assert_works(x509_subject_parse(&name, subject, &error), &error);
	return name;
}

/* What the key `signer` signs, and says that `key` does. */
static struct x509_params params_of(EVP_PKEY *signer, const X509_NAME *name, long days)
{
	return (struct x509_params){
		.sign = rsa_sign,
		.context = signer,
		.alg = ALG_RS256,
		.public = key,
		.subject = name,
		.days = days,
	};
}

static X509 *make(const char *subject, long days)
{
	struct error error = { 0 };
	X509_NAME *name = name_of(subject);
	struct x509_params params = params_of(key, name, days);
	X509 *certificate;

	assert_works(x509_certificate_make(&params, &certificate, &error), &error);
	X509_NAME_free(name);
	return certificate;
}

static void certificate_is_what_the_header_says(void **state)
{
	X509 *certificate = make("/CN=ci", 397);
	const ASN1_OCTET_STRING *ski;
	unsigned char digest[EVP_MAX_MD_SIZE];
	int critical, days, seconds;
	BASIC_CONSTRAINTS *basic;
	unsigned length;

	(void)state;
	assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
	assert_int_equal(X509_get_signature_nid(certificate), NID_sha256WithRSAEncryption);
	assert_int_equal(X509_verify(certificate, key), 1);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)), 0);
	assert_int_equal(X509_get_ext_count(certificate), 3);
	basic = X509_get_ext_d2i(certificate, NID_basic_constraints, &critical, NULL);
	assert_non_null(basic);
	assert_int_equal(basic->ca, 0);
	assert_int_equal(critical, 1);
	BASIC_CONSTRAINTS_free(basic);
	assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE);
	assert_true(X509_EXTENSION_get_critical(
		X509_get_ext(certificate, X509_get_ext_by_NID(certificate, NID_key_usage, -1))));
	ski = X509_get0_subject_key_id(certificate);
	assert_non_null(ski);
	assert_int_equal(X509_pubkey_digest(certificate, EVP_sha1(), digest, &length), 1);
	assert_int_equal(ASN1_STRING_length(ski), length);
	assert_memory_equal(ASN1_STRING_get0_data(ski), digest, length);
	assert_true(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)));
	assert_int_equal(days, 397);
	assert_true(seconds >= 0 && seconds <= 2); /* the clock may tick in between */
	assert_true(X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0);
	X509_free(certificate);
}

static void validity_reaches_beyond_2050(void **state)
{
	X509 *certificate = make("/CN=ci", 36500);
	int days, seconds;

	(void)state;
	assert_true(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)));
	assert_true(days >= 36499 && days <= 36500);
	X509_free(certificate);
}

static void serials_are_positive_long_and_never_the_same(void **state)
{
	enum { ROUNDS = 8 };
	BIGNUM *serials[ROUNDS];

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		X509 *certificate = make("/CN=ci", 1);

		serials[i] = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
		assert_non_null(serials[i]);
		assert_false(BN_is_negative(serials[i]));
		assert_int_equal(BN_num_bits(serials[i]), 128);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(BN_cmp(serials[i], serials[j]), 0);
		X509_free(certificate);
	}
	for (size_t i = 0; i < ROUNDS; i++)
		BN_free(serials[i]);
}

/* The name in RFC 2253's form, in which the parts stand last to first. */
static void expect_name(const X509_NAME *name, const char *expected)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long length;

	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	length = BIO_get_mem_data(bio, &data);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(data, expected, strlen(expected));
	BIO_free(bio);
}

static void subjects_are_parsed(void **state)
{
	static const struct {
		const char *subject, *name;
	} cases[] = {
		{ "/CN=ci-server", "CN=ci-server" },
		{ "/C=DE/O=Example GmbH/OU=Ops/CN=ci", "CN=ci,OU=Ops,O=Example GmbH,C=DE" },
		{ "/O=b/O=a", "O=a,O=b" },
		{ "/CN=a\\/b", "CN=a/b" },
		{ "/CN=a\\\\b/O=x", "O=x,CN=a\\\\b" },
		{ "/CN=a=b", "CN=a=b" },
		{ "/CN=Müller", "CN=Müller" },
		{ "/ST=NRW/L=Köln/CN=x", "CN=x,L=Köln,ST=NRW" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		X509 *certificate = make(cases[i].subject, 1);
		X509_NAME *name = name_of(cases[i].subject);
		struct x509_params params = params_of(key, name, 1);
		struct error error = { 0 };
		X509_REQ *request;

		expect_name(X509_get_subject_name(certificate), cases[i].name);
		X509_free(certificate);
		assert_works(x509_request_make(&params, &request, &error), &error);
		X509_NAME_free(name);
		expect_name(X509_REQ_get_subject_name(request), cases[i].name);
		X509_REQ_free(request);
	}
}

static void bad_subjects_are_refused(void **state)
{
	static const struct {
		const char *subject, *part;
	} cases[] = {
		{ "", "begin with '/'" },
		{ "CN=ci", "\"CN=ci\"" },
		{ "/", "TYPE=value" },
		{ "/CN", "\"CN\"" },
		{ "/CN=", "\"CN=\"" },
		{ "/=ci", "\"=ci\"" },
		{ "/CN=ci/", "TYPE=value" },
		{ "/CN=a//O=b", "TYPE=value" },
		{ "/NOSUCH=x", "cannot be used" },
		{ "/CN=ci/C=Germany", "cannot be used" },
		{ "/CN=a\xff", "cannot be used" },
	};
	struct error error = { 0 };
	char text[1024] = "/CN=";
	X509_NAME *name;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_fails(x509_subject_parse(&name, cases[i].subject, &error), ERROR_USAGE, &error);
		assert_contains(error.text, cases[i].part);
		assert_null(name);
	}
	assert_int_equal(ERR_peek_error(), 0); /* or it would turn up in the next failure's sentence */
	assert_fails(x509_subject_parse(&name, "/CN=ci/C=Germany", &error), ERROR_USAGE, &error);
	assert_contains(error.hint, "part with C;");
	memset(text + 4, 'a', sizeof(text) - 5);
	assert_fails(x509_subject_parse(&name, text, &error), ERROR_USAGE, &error);
	assert_contains(error.text, "longer than");
}

/* A token that signs with another key than its public half says must not get its certificate out of the house. */
static void signature_of_another_key_is_noticed(void **state)
{
	X509_NAME *name = name_of("/CN=ci");
	struct x509_params params = params_of(other, name, 1);
	struct error error = { 0 };
	X509_REQ *request;
	X509 *certificate;

	(void)state;
	assert_fails(x509_certificate_make(&params, &certificate, &error), ERROR_TOKEN, &error);
	assert_contains(error.text, "certificate is wrong");
	assert_null(certificate);
	assert_fails(x509_request_make(&params, &request, &error), ERROR_TOKEN, &error);
	assert_contains(error.text, "request is wrong");
	assert_null(request);
	X509_NAME_free(name);
}

static void request_verifies_after_its_way_through_pem(void **state)
{
	X509_NAME *name = name_of("/CN=ci");
	struct x509_params params = params_of(key, name, 1);
	struct error error = { 0 };
	X509_REQ *request, *read;
	size_t length;
	char *pem;
	BIO *bio;

	(void)state;
	assert_works(x509_request_make(&params, &request, &error), &error);
	X509_NAME_free(name);
	assert_int_equal(X509_REQ_get_version(request), X509_REQ_VERSION_1);
	assert_int_equal(X509_REQ_get_signature_nid(request), NID_sha256WithRSAEncryption);
	assert_works(x509_request_pem(request, &pem, &length, &error), &error);
	assert_int_equal(length, strlen(pem));
	bio = BIO_new_mem_buf(pem, (int)length);
	read = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	assert_non_null(read);
	assert_int_equal(X509_REQ_verify(read, key), 1);
	BIO_free(bio);
	free(pem);
	X509_REQ_free(read);
	X509_REQ_free(request);
}

static void certificates_are_read_from_files(void **state)
{
	const char *path = unit_path(state, "certificate");
	X509 *certificate = make("/CN=ci", 1);
	struct x509_list list;
	struct error error = { 0 };
	unsigned char *der = NULL;
	int size = i2d_X509(certificate, &der);

	assert_true(size > 0);
	unit_put(path, der, (size_t)size, 0600);
	assert_works(x509_read(path, &list, &error), &error);
	assert_int_equal(list.count, 1);
	assert_int_equal(X509_cmp(list.list[0], certificate), 0);
	x509_list_clear(&list);
	assert_int_equal(unlink(path), 0);
	assert_fails(x509_read(path, &list, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, path);
	assert_int_equal(list.count, 0);
	X509_free(certificate);
	OPENSSL_free(der);
}

/* The form that "openssl x509 -fingerprint -sha256" prints. */
static void expect_fingerprint(const char *text, const unsigned char *digest, unsigned length)
{
	char expected[3 * EVP_MAX_MD_SIZE] = "";

	for (unsigned i = 0; i < length; i++)
		snprintf(expected + (i == 0 ? 0 : 3 * i - 1), 4, i == 0 ? "%02X" : ":%02X", digest[i]);
	assert_string_equal(text, expected);
}

static void fingerprints_are_those_of_openssl(void **state)
{
	X509 *certificate = make("/CN=ci", 1);
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	char text[X509_FINGERPRINT_SIZE];
	unsigned length;
	int size;

	(void)state;
	assert_int_equal(X509_digest(certificate, EVP_sha256(), digest, &length), 1);
	x509_fingerprint(certificate, text);
	expect_fingerprint(text, digest, length);
	size = i2d_PUBKEY(key, &der);
	assert_true(size > 0);
	assert_int_equal(EVP_Digest(der, (size_t)size, digest, &length, EVP_sha256(), NULL), 1);
	x509_key_fingerprint(key, text);
	expect_fingerprint(text, digest, length);
	OPENSSL_free(der);
	X509_free(certificate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_is_what_the_header_says),
		cmocka_unit_test(validity_reaches_beyond_2050),
		cmocka_unit_test(serials_are_positive_long_and_never_the_same),
		cmocka_unit_test(subjects_are_parsed),
		cmocka_unit_test(bad_subjects_are_refused),
		cmocka_unit_test(signature_of_another_key_is_noticed),
		cmocka_unit_test(request_verifies_after_its_way_through_pem),
		TEST_IN_FOLDER(certificates_are_read_from_files),
		cmocka_unit_test(fingerprints_are_those_of_openssl),
	};

	return cmocka_run_group_tests_name("x509", tests, make_keys, free_keys);
}
