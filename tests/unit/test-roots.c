/* SPDX-License-Identifier: Apache-2.0 */
/* Files with the vendor's roots: which are read, and how the others are refused. */
#include "attestations.h"

#include "x509/attestation.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

static EVP_PKEY *root_key, *lower_key; /* made once */

static int make_keys(void **state)
{
	(void)state;
	root_key = EVP_EC_gen("P-256");
	lower_key = EVP_EC_gen("P-256");
	return root_key == NULL || lower_key == NULL;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(lower_key);
	return 0;
}

static struct spec root_spec(void)
{
	return (struct spec){ .subject = "Root", .issuer = "Root", .key = root_key, .issuer_key = root_key,
			      .basic = "critical,CA:TRUE" };
}

static struct spec lower_spec(void)
{
	return (struct spec){ .subject = "Lower", .issuer = "Root", .key = lower_key, .issuer_key = root_key,
			      .basic = "critical,CA:TRUE" };
}

/* Appends the certificate as PEM, and frees it. */
static void add(BIO *text, X509 *certificate)
{
	assert_int_equal(PEM_write_bio_X509(text, certificate), 1);
	X509_free(certificate);
}

static void add_spec(BIO *text, struct spec spec)
{
	add(text, certificate_make(&spec));
}

/* Makes the file, and frees the text. */
static const char *file_of(void **state, BIO *text, mode_t mode)
{
	const char *path = unit_path(state, "roots.pem");
	char *data;
	long length = BIO_get_mem_data(text, &data);

	unit_put(path, data, (size_t)length, mode);
	BIO_free(text);
	return path;
}

static void refuses(const char *path, const char *why)
{
	struct error error = { 0 };
	struct x509_roots roots;

	assert_fails(x509_roots_read(&roots, path, &error), ERROR_CONFIG, &error);
	assert_contains(error.text, path);
	assert_contains(error.text, why);
	assert_int_equal(roots.list.count, 0);
	x509_roots_clear(&roots);
}

static void test_read(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());
	struct error error = { 0 };
	struct x509_roots roots;
	const char *path;

	BIO_puts(text, "The vendor's certificates\n=========\n\nName: Lower\n\n");
	add_spec(text, lower_spec());
	BIO_puts(text, "\nName: Root\n\n");
	add_spec(text, root_spec());
	path = file_of(state, text, 0644);
	assert_works(x509_roots_read(&roots, path, &error), &error);
	assert_int_equal(roots.list.count, 2);
	assert_string_equal(roots.path, path);
	x509_roots_clear(&roots);
	assert_int_equal(roots.list.count, 0);
}

static void test_no_root(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());
	struct spec forged = root_spec(), leaf = root_spec();

	add_spec(text, lower_spec());
	refuses(file_of(state, text, 0600), "holds no root");
	/* Self-issued, but signed with another key. */
	text = BIO_new(BIO_s_mem());
	forged.issuer_key = lower_key;
	add_spec(text, forged);
	refuses(file_of(state, text, 0600), "holds no root");
	/* Self-signed, but no CA's. */
	text = BIO_new(BIO_s_mem());
	leaf.basic = "CA:FALSE";
	add_spec(text, leaf);
	refuses(file_of(state, text, 0600), "holds no root");
	text = BIO_new(BIO_s_mem());
	leaf.basic = NULL;
	add_spec(text, leaf);
	refuses(file_of(state, text, 0600), "holds no root");
	text = BIO_new(BIO_s_mem());
	leaf.basic = "CA:TRUE";
	leaf.usage = "digitalSignature";
	add_spec(text, leaf);
	refuses(file_of(state, text, 0600), "holds no root");
}

static void test_private_key(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());

	add_spec(text, root_spec());
	assert_int_equal(PEM_write_bio_PrivateKey(text, root_key, NULL, NULL, 0, NULL, NULL), 1);
	refuses(file_of(state, text, 0600), "contains a private key");
	text = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PrivateKey(text, root_key, NULL, NULL, 0, NULL, NULL), 1);
	refuses(file_of(state, text, 0600), "contains a private key");
}

static void test_no_certificate(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());

	BIO_puts(text, "nothing\n");
	refuses(file_of(state, text, 0600), "holds no X.509 certificate");
	refuses(unit_path(state, "missing.pem"), "No such file or directory");
}

static void test_damaged(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());

	add_spec(text, root_spec());
	BIO_puts(text, "-----BEGIN CERTIFICATE-----\nMIIC5jCCAc6gAwIBAgIJAKT\n-----END CERTIFICATE-----\n");
	refuses(file_of(state, text, 0600), "holds no X.509 certificate");
}

static void test_others_can_write(void **state)
{
	BIO *text = BIO_new(BIO_s_mem());

	add_spec(text, root_spec());
	refuses(file_of(state, text, 0666), "can be written by others");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_read),
		TEST_IN_FOLDER(test_no_root),
		TEST_IN_FOLDER(test_private_key),
		TEST_IN_FOLDER(test_no_certificate),
		TEST_IN_FOLDER(test_damaged),
		TEST_IN_FOLDER(test_others_can_write),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
