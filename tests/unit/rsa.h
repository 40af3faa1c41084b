/* SPDX-License-Identifier: Apache-2.0 */
/* A key in memory in place of one on a token. */
#ifndef P11BEARER_TESTS_RSA_H
#define P11BEARER_TESTS_RSA_H

#include "base/sign.h"

#include <openssl/evp.h>
#include <stdbool.h>

/* A sign_function; `context` is an EVP_PKEY. */
static inline int rsa_sign(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
			   struct error *error)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool done;

	*length = SIGNATURE_MAX;
	done = digest != NULL && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, context) > 0 &&
	       EVP_DigestSign(digest, signature, length, data, size) > 0;
	EVP_MD_CTX_free(digest);
	return done ? 0 : error_openssl(error, ERROR_TOKEN, "cannot sign");
}

#endif
