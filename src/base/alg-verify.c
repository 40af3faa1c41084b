/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies signatures. In a file of its own, so that the benchmarks can replace it. */
#include "base/alg.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static bool has_curve(EVP_PKEY *public, const struct alg_info *info)
{
	char group[64];

	return EVP_PKEY_is_a(public, "EC") && EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) > 0 &&
	       alg_info(alg_of_curve(group)) == info;
}

static bool verify(const struct alg_info *info, EVP_PKEY *public, EVP_MD_CTX *context, const void *data, size_t size,
		   const unsigned char *signature, size_t length)
{
	unsigned char der[ALG_ECDSA_DER_MAX];
	EVP_PKEY_CTX *parameters;

	if (info->family == ALG_ECDSA) {
		if (!has_curve(public, info) || length != 2 * (((size_t)info->curve_bits + 7) / 8))
			return false;
		length = alg_ecdsa_der(signature, length, der);
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
