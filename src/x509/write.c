/* SPDX-License-Identifier: Apache-2.0 */
/* Writes certificates, requests and fingerprints. */
#include "x509/x509.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
