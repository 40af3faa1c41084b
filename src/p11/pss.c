/* SPDX-License-Identifier: Apache-2.0 */
/* EMSA-PSS for tokens that only exponentiate (CKM_RSA_X_509), as many smartcards do. OpenSSL has no function for it
 * that is not deprecated. */
#include "p11/mechanism.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

enum { HASH_MAX = 64 };

/* Adds MGF1 of the seed to the bytes (RFC 8017 appendix B.2.1). */
static bool mask(const char *hash, const unsigned char *seed, size_t seed_size, unsigned char *bytes, size_t size)
{
	unsigned char input[HASH_MAX + 4] = { 0 }, block[HASH_MAX];
	size_t block_size;

	memcpy(input, seed, seed_size);
	for (size_t i = 0; i < size; i++) {
		if (i % seed_size == 0) {
			input[seed_size + 3] = (unsigned char)(i / seed_size); /* fewer than 256 blocks */
			if (EVP_Q_digest(NULL, hash, NULL, input, seed_size + 4, block, &block_size) <= 0)
				return false;
		}
		bytes[i] ^= block[i % seed_size];
	}
	return true;
}

int pss_encode(enum alg alg, int bits, const unsigned char *digest, unsigned char *encoded, size_t *length,
	       struct error *error)
{
	const struct alg_info *info = alg_info(alg);
	size_t hash = info->digest_size, modulus = ((size_t)bits + 7) / 8, size = ((size_t)bits + 6) / 8;
	unsigned char input[8 + 2 * HASH_MAX] = { 0 };
	unsigned char *block = encoded + (modulus - size), *salt = input + 8 + hash, *end = block + size - hash - 1;

	if (bits < mechanism_bits_min(alg) || modulus > SIGNATURE_MAX)
		return error_set(error, ERROR_NO_KEY, "an RSA key of %d bits cannot make %s signatures", bits,
				 info->name);
	memcpy(input + 8, digest, hash);
	memset(encoded, 0, modulus);
	/* maskedDB, H, 0xbc: DB is zeros, 1, and the salt. */
	if (RAND_bytes(salt, (int)hash) <= 0 ||
	    EVP_Q_digest(NULL, info->digest, NULL, input, 8 + 2 * hash, end, NULL) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot encode the data to be signed");
	end[-(ptrdiff_t)hash - 1] = 1;
	memcpy(end - hash, salt, hash);
	if (!mask(info->digest, end, hash, block, (size_t)(end - block)))
		return error_openssl(error, ERROR_UNEXPECTED, "cannot encode the data to be signed");
	block[0] &= (unsigned char)(0xff >> (size * 8 - ((size_t)bits - 1)));
	end[hash] = 0xbc;
	*length = modulus;
	return 0;
}
