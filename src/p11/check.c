/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies signatures. In a file of its own, so that the benchmarks can replace it. */
#include "p11/p11.h"

#include <openssl/err.h>
#include <openssl/evp.h>

bool p11_signature_fits(EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature, size_t length)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool fits = context != NULL && EVP_PKEY_is_a(public, "RSA") &&
		    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public) > 0 &&
		    EVP_DigestVerify(context, signature, length, data, size) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return fits;
}
