/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/signature.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

enum { IDENTIFIER_MAX = 256 }; /* bytes of DER */

/* OpenSSL knows the identifier of a signature that it verifies. */
static bool read_identifier(const struct x509_params *params, EVP_MD_CTX *context, unsigned char *der, size_t *length)
{
	const struct alg_info *info = alg_info(params->alg);
	OSSL_PARAM values[] = {
		OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der, *length),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *key;

	if (EVP_DigestVerifyInit_ex(context, &key, info->digest, NULL, NULL, params->public, NULL) <= 0)
		return false;
	if (info->family == ALG_PSS && (EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) <= 0 ||
					EVP_PKEY_CTX_set_rsa_pss_saltlen(key, (int)info->digest_size) <= 0))
		return false;
	if (EVP_PKEY_CTX_get_params(key, values) <= 0)
		return false;
	*length = values[0].return_size;
	return OSSL_PARAM_modified(values) == 1;
}

int algorithm_set(const struct x509_params *params, X509_ALGOR *algorithm, struct error *error)
{
	unsigned char der[IDENTIFIER_MAX];
	const unsigned char *next = der;
	size_t length = sizeof(der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	X509_ALGOR *known = NULL;
	int result = 0;

	if (context == NULL || !read_identifier(params, context, der, &length) ||
	    (known = d2i_X509_ALGOR(NULL, &next, (long)length)) == NULL || X509_ALGOR_copy(algorithm, known) <= 0)
		result = error_openssl(error, ERROR_UNEXPECTED, "cannot encode the signature's algorithm");
	X509_ALGOR_free(known);
	EVP_MD_CTX_free(context);
	return result;
}

int signature_set(const struct x509_params *params, const unsigned char *der, int length, ASN1_BIT_STRING *bits,
		  struct error *error)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t signature_length;

	if (length < 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot encode the data to be signed");
	if (params->sign(params->context, der, (size_t)length, signature, &signature_length, error) < 0)
		return error_result(error);
	if (alg_info(params->alg)->family == ALG_ECDSA)
		signature_length = alg_ecdsa_der(signature, signature_length, signature);
	if (signature_length == 0 || ASN1_STRING_set(bits, signature, (int)signature_length) <= 0)
		return error_memory(error);
	/* No unused bits; keep trailing zeros. */
	bits->flags &= ~0x07L;
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return 0;
}
