/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and comparing certificates. */
#include "x509/x509.h"

#include "base/file.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

static int take_pem(BIO *bio, bool written, char **pem, size_t *length, struct error *error)
{
	char *data;
	long size = written ? BIO_get_mem_data(bio, &data) : 0;

	*pem = size > 0 ? strndup(data, (size_t)size) : NULL;
	*length = (size_t)size;
	BIO_free(bio);
	return *pem != NULL ? 0 : error_openssl(error, ERROR_UNEXPECTED, "cannot write PEM");
}

int x509_certificate_pem(X509 *certificate, char **pem, size_t *length, struct error *error)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take_pem(bio, bio != NULL && PEM_write_bio_X509(bio, certificate) > 0, pem, length, error);
}

int x509_request_pem(X509_REQ *request, char **pem, size_t *length, struct error *error)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return take_pem(bio, bio != NULL && PEM_write_bio_X509_REQ(bio, request) > 0, pem, length, error);
}

/* OpenSSL's own would ask on the terminal for what no certificate needs. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

int x509_certificate_read(const char *path, X509 **certificate, struct error *error)
{
	const unsigned char *der;
	size_t length;
	char *data;
	BIO *bio;

	*certificate = NULL;
	if (file_read(path, FILE_MAX, &data, &length, error) < 0)
		return error_result(error);
	bio = BIO_new_mem_buf(data, (int)length);
	if (bio != NULL)
		*certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	der = (const unsigned char *)data;
	if (*certificate == NULL)
		*certificate = d2i_X509(NULL, &der, (long)length);
	free(data);
	ERR_clear_error();
	if (*certificate == NULL)
		return error_set(error, ERROR_CONFIG, "%s holds no X.509 certificate, neither PEM nor DER", path);
	return 0;
}

static void print_sha256(const unsigned char *data, int length, char text[X509_FINGERPRINT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *next = text;

	snprintf(text, X509_FINGERPRINT_SIZE, "?");
	if (length <= 0 || EVP_Digest(data, (size_t)length, digest, NULL, EVP_sha256(), NULL) <= 0)
		return;
	for (size_t i = 0; i < 32; i++)
		next += sprintf(next, i == 0 ? "%02X" : ":%02X", digest[i]);
}

void x509_fingerprint(X509 *certificate, char text[X509_FINGERPRINT_SIZE])
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);

	print_sha256(der, length, text);
	OPENSSL_free(der);
}

void x509_key_fingerprint(EVP_PKEY *key, char text[X509_FINGERPRINT_SIZE])
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	print_sha256(der, length, text);
	OPENSSL_free(der);
}
