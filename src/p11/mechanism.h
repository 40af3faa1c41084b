/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanisms that make each algorithm's signatures, and their input. */
#ifndef P11BEARER_P11_MECHANISM_H
#define P11BEARER_P11_MECHANISM_H

#include "base/alg.h"
#include "base/sign.h"
#include "p11/session.h"

enum mechanism_input {
	INPUT_DATA,        /* the mechanism computes the hash */
	INPUT_DIGEST_INFO, /* RFC 8017 section 9.2: the DER of DigestInfo */
	INPUT_DIGEST,      /* the hash */
	INPUT_ENCODED,     /* RFC 8017 section 9.1.1: the EMSA-PSS encoding, as long as the modulus */
};

struct mechanism {
	CK_MECHANISM_TYPE type;
	const char *name;
	enum mechanism_input input;
};

/* The algorithm's mechanisms in order of preference; the last one is followed by one whose name is NULL. Static. */
const struct mechanism *mechanisms_of(enum alg alg);

/* The first of the algorithm's mechanisms that the token shows for signing, or NULL if the token shows none but does
 * not deny them. Fails with ERROR_NO_KEY if the token lacks all of them. */
int mechanism_find(const struct token *token, enum alg alg, const struct mechanism **mechanism, struct error *error);

/* The same, or the first one if the token shows none but does not deny them. Makes no call for RS256: nearly all tokens
 * have one of its two mechanisms, and C_SignInit finds out which. */
int mechanism_choose(const struct token *token, enum alg alg, const struct mechanism **mechanism, struct error *error);

/* Calls C_SignInit. */
CK_RV mechanism_begin(const struct session *session, CK_OBJECT_HANDLE private, enum alg alg,
		      const struct mechanism *mechanism);

/* Makes the input of C_Sign, in `room` if it is not `data` itself. `bits` is the size of an RSA key, for INPUT_ENCODED.
 * Fails with ERROR_UNEXPECTED, and with ERROR_NO_KEY if the key is too small. */
int mechanism_input(enum alg alg, enum mechanism_input kind, int bits, const void *data, size_t size,
		    unsigned char room[SIGNATURE_MAX], const void **input, size_t *length, struct error *error);

/* Makes the EMSA-PSS encoding of a digest for an RSA key of `bits`, with a random salt as long as the digest (RFC 8017
 * section 9.1.1, RFC 7518 section 3.5), preceded by zeros up to the length of the modulus (pss.c). Fails as
 * mechanism_input does. */
int pss_encode(enum alg alg, int bits, const unsigned char *digest, unsigned char *encoded, size_t *length,
	       struct error *error);

/* The smallest RSA key in bits that can make the algorithm's signatures. */
int mechanism_bits_min(enum alg alg);

#endif
