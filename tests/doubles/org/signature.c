/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a signature with OpenSSL. */
#include "signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

X509 *signature_certificate(struct certificate_file *kept, const char *path)
{
	struct stat now;
	FILE *file;

	if (kept->certificate != NULL && stat(path, &now) == 0 && is_same(&now, &kept->file))
		return kept->certificate;
	signature_forget(kept);
	file = path != NULL ? fopen(path, "re") : NULL;
	if (file == NULL)
		return NULL;
	/* Before reading, so that a write during the read counts as a change. */
	if (fstat(fileno(file), &kept->file) == 0)
		kept->certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	return kept->certificate;
}

void signature_forget(struct certificate_file *kept)
{
	X509_free(kept->certificate);
	kept->certificate = NULL;
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
	else if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
		result = SIGNATURE_CERTIFICATE_TOO_NEW;
	else if (key == NULL || !EVP_PKEY_is_a(key, "RSA"))
		result = SIGNATURE_NOT_RSA;
	else
		result = verify(key, assertion);
	/* A refused signature leaves errors in this thread's queue, which would pile up. */
	ERR_clear_error();
	return result;
}
