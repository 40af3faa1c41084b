/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of a key that OpenSSL holds, as attributes. */
#ifndef P11BEARER_P11_KEY_NUMBERS_H
#define P11BEARER_P11_KEY_NUMBERS_H

#include "base/alg.h"
#include "base/error.h"
#include "base/secret.h"

#include <openssl/types.h>
#include <p11-kit/pkcs11.h>

enum { NUMBERS_MOST = 8 };

struct key_numbers {
	CK_KEY_TYPE type;
	enum alg alg; /* RS256, or the one of the EC key's curve */
	CK_ATTRIBUTE public[2];             /* modulus and exponent, or parameters and point */
	CK_ATTRIBUTE private[NUMBERS_MOST]; /* only what the public ones do not include */
	size_t private_count;
	struct secret *memory;              /* of the values of RSA keys and of all private ones */
	unsigned char *parameters, *point;  /* of an EC key */
};

/* Copies the numbers of an RSA key of two primes, or an EC key on P-256, P-384 or P-521, to locked memory. Always call
 * key_numbers_clear. Fails with ERROR_CONFIG. */
int key_numbers_copy(struct key_numbers *numbers, EVP_PKEY *key, struct error *error);
void key_numbers_clear(struct key_numbers *numbers);

/* The DER of the curve's object identifier, for CKA_EC_PARAMS. The caller frees *der with OPENSSL_free. Returns its
 * length, or 0. */
CK_ULONG curve_parameters(const char *curve, unsigned char **der);

#endif
