/* SPDX-License-Identifier: Apache-2.0 */
/* The JWS algorithms that sign with a private key (RFC 7518 section 3.1), and what a key must be for them. */
#ifndef P11BEARER_BASE_ALG_H
#define P11BEARER_BASE_ALG_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

enum alg {
	ALG_AUTO, /* RS256 for an RSA key, for an EC key the one of its curve */
	ALG_RS256,
	ALG_RS384,
	ALG_RS512,
	ALG_PS256,
	ALG_PS384,
	ALG_PS512,
	ALG_ES256,
	ALG_ES384,
	ALG_ES512,
	ALG_COUNT
};

enum alg_family {
	ALG_PKCS1, /* RSASSA-PKCS1-v1_5: RS256, RS384, RS512 */
	ALG_PSS,   /* RSASSA-PSS, MGF1 with the same hash, a salt as long as the hash: PS256, PS384, PS512 */
	ALG_ECDSA, /* ES256, ES384, ES512; a signature is R and S, each as long as the curve's order */
};

struct alg_info {
	const char *name; /* as in the header field alg */
	enum alg_family family;
	const char *digest; /* OpenSSL's name */
	size_t digest_size; /* bytes */
	const char *curve;  /* ALG_ECDSA: as in RFC 7518 section 6.2.1.1, P-256, else NULL */
	const char *group;  /* ALG_ECDSA: OpenSSL's name of the curve, else NULL */
	int curve_bits;     /* ALG_ECDSA: of the curve's order, else 0 */
};

/* Describes an algorithm other than ALG_AUTO. Static. */
const struct alg_info *alg_info(enum alg alg);

/* The algorithm for an EC key on a curve with this OpenSSL name or NIST name; ALG_AUTO if JWS has none. */
enum alg alg_of_curve(const char *name);

enum { ALG_ECDSA_DER_MAX = 160 }; /* bytes: an Ecdsa-Sig-Value of two 66-byte numbers */

/* Converts R and S of equal length to the DER of certificates, Ecdsa-Sig-Value (RFC 3279 section 2.2.3); `der` may be
 * `signature` itself. Returns its length, or 0 if memory is exhausted. */
size_t alg_ecdsa_der(const unsigned char *signature, size_t length, unsigned char der[ALG_ECDSA_DER_MAX]);

/* Whether the public key verifies `signature`, in the form that JWS gives it, over `data`. */
bool alg_verifies(enum alg alg, EVP_PKEY *public, const void *data, size_t size, const unsigned char *signature,
		  size_t length);

#endif
