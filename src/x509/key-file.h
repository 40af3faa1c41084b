/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in PEM files: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 appendix A.1.2) or SEC 1 (RFC 5915), encrypted or
 * not. OpenSSL keeps the numbers in its secure heap, and its other copies are wiped when it frees them. */
#ifndef P11BEARER_X509_KEY_FILE_H
#define P11BEARER_X509_KEY_FILE_H

#include "base/error.h"
#include "base/secret.h"

#include <openssl/types.h>

enum { KEY_FILE_MAX = 65536 }; /* bytes; an RSA key of 16384 bits takes 13,000 */

/* The one private key in a file. */
struct key_block {
	const char *text; /* points into the file's text */
	size_t length;
	bool encrypted;
};

/* Finds the key among other PEM blocks, such as its certificate. `name` is the file's, for messages. Fails with
 * ERROR_CONFIG if the file holds no key, several keys, or one that is cut off, and names other forms and how to convert
 * them. */
int key_file_find(const char *name, const struct secret *file, struct key_block *block, struct error *error);

/* Decrypts the key with the passphrase, which may be NULL unless the block is encrypted, and reads it: an RSA key of
 * two primes, or an EC key on P-256, P-384 or P-521. Free with EVP_PKEY_free. Fails with ERROR_CONFIG if the passphrase
 * is wrong, the key is damaged or is another one. */
int key_file_parse(const char *name, const struct key_block *block, const struct secret *passphrase, EVP_PKEY **key,
		   struct error *error);

#endif
