/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies signatures. In a file of its own, so that the benchmarks can replace it. */
#include "base/alg.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { DER_MAX = 160 }; /* bytes: an Ecdsa-Sig-Value of two 66-byte numbers */

/* The DER that OpenSSL verifies, from R and S of equal length (RFC 7518 section 3.4). Returns its length, or 0. */
static size_t ecdsa_der(const unsigned char *signature, size_t length, unsigned char der[DER_MAX])
{
	size_t half = length / 2;
	BIGNUM *r = BN_bin2bn(signature, (int)half, NULL), *s = BN_bin2bn(signature + half, (int)half, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int size = 0;

	if (r != NULL && s != NULL && pair != NULL && ECDSA_SIG_set0(pair, r, s) > 0) {
		r = s = NULL; /* pair owns them */
		size = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return size > 0 ? (size_t)size : 0;
}

static bool has_curve(EVP_PKEY *public, const struct alg_info *info)
{
	char group[64];

	return EVP_PKEY_is_a(public, "EC") && EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) > 0 &&
	       alg_info(alg_of_curve(group)) == info;
}

static bool verify(const struct alg_info *info, EVP_PKEY *public, EVP_MD_CTX *context, const void *data, size_t size,
		   const unsigned char *signature, size_t length)
{
	unsigned char der[DER_MAX];
	EVP_PKEY_CTX *parameters;

	if (info->family == ALG_ECDSA) {
		if (!has_curve(public, info) || length != 2 * (((size_t)info->curve_bits + 7) / 8))
			return false;
		length = ecdsa_der(signature, length, der);
		signature = der;
	} else if (!EVP_PKEY_is_a(public, "RSA")) {
		return false;
	}
	if (EVP_DigestVerifyInit_ex(context, &parameters, info->digest, NULL, NULL, public, NULL) <= 0)
		return false;
	if (info->family == ALG_PSS &&
	    (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) <= 0 ||
	     EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) <= 0))
		return false;
	return EVP_DigestVerify(context, signature, length, data, size) == 1;
}

bool alg_verifies(enum alg alg, EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature,
		  size_t length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool verifies = context != NULL &&
			verify(alg_info(alg), public, context, data, size, signature, length);

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return verifies;
}
