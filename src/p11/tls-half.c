/* SPDX-License-Identifier: Apache-2.0 */
/* What libp11's EVP_PKEY of a key may lack. */
#undef OPENSSL_NO_DEPRECATED /* for RSA and EC_KEY */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "p11/tls-internal.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/* A token need not show the curve of a private EC key, or its public half. For a key without an id, libp11 takes the
 * half of any other such key. Each signature is verified with both. */
void tls_complete(const struct p11_tls *tls, EVP_PKEY *private)
{
	const EC_KEY *whole = EVP_PKEY_get0_EC_KEY(X509_get0_pubkey(tls->certificate));
	EC_KEY *half = (EC_KEY *)EVP_PKEY_get0_EC_KEY(private);

	if (whole != NULL && half != NULL && EC_KEY_get0_group(half) == NULL)
		(void)EC_KEY_set_group(half, EC_KEY_get0_group(whole));
	if (whole != NULL && half != NULL && (EC_KEY_get0_public_key(half) == NULL || tls->id.ulValueLen == 0) &&
	    EC_GROUP_cmp(EC_KEY_get0_group(half), EC_KEY_get0_group(whole), NULL) == 0)
		(void)EC_KEY_set_public_key(half, EC_KEY_get0_public_key(whole));
	ERR_clear_error();
}

/* libp11 0.4.13 returns a key without them if it cannot read the curve. */
bool tls_signs_on_token(EVP_PKEY *private, const void *rsa_method, const void *ec_method)
{
	const RSA *rsa = EVP_PKEY_get0_RSA(private);
	const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(private);

	ERR_clear_error();
	return (rsa != NULL && RSA_get_method(rsa) == rsa_method) ||
	       (ec != NULL && EC_KEY_get_method(ec) == ec_method);
}
