/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a signature with OpenSSL. */
#include "signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

X509 *signature_certificate(const char *path)
{
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	X509 *certificate;

	if (file == NULL)
		return NULL;
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	return certificate;
}

static enum signature_result verify(EVP_PKEY *key, const struct assertion *assertion)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const unsigned char *text = (const unsigned char *)assertion->text;
	enum signature_result result = SIGNATURE_MISMATCH;

	if (context != NULL && EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
		EVP_DigestVerify(context, assertion->signature, assertion->signature_length, text,
			assertion->signed_length) == 1)
		result = SIGNATURE_GOOD;
	EVP_MD_CTX_free(context);
	return result;
}

enum signature_result signature_check(X509 *certificate, const struct assertion *assertion, time_t now)
{
	EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
	enum signature_result result;

	if (certificate == NULL)
		result = SIGNATURE_NO_CERTIFICATE;
	else if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0)
		result = SIGNATURE_CERTIFICATE_EXPIRED;
	else if (key == NULL || !EVP_PKEY_is_a(key, "RSA"))
		result = SIGNATURE_NOT_RSA;
	else
		result = verify(key, assertion);
	/* A refused signature leaves errors behind that would otherwise pile up in this thread's queue. */
	ERR_clear_error();
	return result;
}
