/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a signature with OpenSSL. */
#include "signature.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DER_MAX = 160 };

static const struct algorithm {
	const char *name, *digest;
	bool pss;
	const char *group; /* NULL: RSA */
	size_t size;       /* of R, and of S */
} algorithms[] = {
	{ "RS256", "SHA256", false, NULL, 0 },
	{ "RS384", "SHA384", false, NULL, 0 },
	{ "RS512", "SHA512", false, NULL, 0 },
	{ "PS256", "SHA256", true, NULL, 0 },
	{ "PS384", "SHA384", true, NULL, 0 },
	{ "PS512", "SHA512", true, NULL, 0 },
	{ "ES256", "SHA256", false, "prime256v1", 32 },
	{ "ES384", "SHA384", false, "secp384r1", 48 },
	{ "ES512", "SHA512", false, "secp521r1", 66 },
};

static const struct algorithm *find(const char *name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	}
	return NULL;
}

bool signature_knows(const char *algorithm)
{
	return find(algorithm) != NULL;
}

static bool fits(const EVP_PKEY *key, const struct algorithm *algorithm)
{
	char group[64];

	if (algorithm->group == NULL)
		return EVP_PKEY_is_a(key, "RSA");
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
		strcmp(group, algorithm->group) == 0;
}

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

/* Makes of R and S the DER that OpenSSL takes. Returns its length, or 0. */
static size_t to_der(const struct assertion *assertion, const struct algorithm *algorithm, unsigned char *der)
{
	int half = (int)algorithm->size, length = 0;
	ECDSA_SIG *pair = ECDSA_SIG_new();

	if (pair != NULL && assertion->signature_length == 2 * algorithm->size &&
		ECDSA_SIG_set0(pair, BN_bin2bn(assertion->signature, half, NULL),
			BN_bin2bn(assertion->signature + half, half, NULL)) == 1)
		length = i2d_ECDSA_SIG(pair, &der);
	ECDSA_SIG_free(pair);
	return length > 0 ? (size_t)length : 0;
}

static enum signature_result verify(EVP_PKEY *key, const struct assertion *assertion, const struct algorithm *algorithm)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *padding;
	const unsigned char *signature = assertion->signature;
	size_t length = assertion->signature_length;
	unsigned char der[DER_MAX];
	enum signature_result result = SIGNATURE_MISMATCH;

	if (algorithm->group != NULL) {
		length = to_der(assertion, algorithm, der);
		signature = der;
	}
	if (context != NULL && length > 0 &&
		EVP_DigestVerifyInit_ex(context, &padding, algorithm->digest, NULL, NULL, key, NULL) == 1 &&
		(!algorithm->pss || (EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
		EVP_DigestVerify(context, signature, length, (const unsigned char *)assertion->text,
			assertion->signed_length) == 1)
		result = SIGNATURE_GOOD;
	EVP_MD_CTX_free(context);
	return result;
}

enum signature_result signature_verify(EVP_PKEY *key, const struct assertion *assertion, const char *algorithm)
{
	const struct algorithm *known = find(algorithm);
	enum signature_result result =
		known != NULL && fits(key, known) ? verify(key, assertion, known) : SIGNATURE_OTHER_KEY;

	/* A refused signature leaves errors in this thread's queue, which would pile up. */
	ERR_clear_error();
	return result;
}

enum signature_result signature_check(X509 *certificate, const struct assertion *assertion, const char *algorithm,
	time_t now)
{
	EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;

	if (certificate == NULL)
		return SIGNATURE_NO_CERTIFICATE;
	if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0)
		return SIGNATURE_CERTIFICATE_EXPIRED;
	if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
		return SIGNATURE_CERTIFICATE_TOO_NEW;
	return key != NULL ? signature_verify(key, assertion, algorithm) : SIGNATURE_OTHER_KEY;
}
