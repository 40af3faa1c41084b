/* SPDX-License-Identifier: Apache-2.0 */
/* Strict base64url, a digest in hex, random text. */
#ifndef ORG_CODEC_H
#define ORG_CODEC_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_HEX_SIZE = 65 };

/*
 * Decodes base64url without padding (RFC 7515); refuses all other characters, and set bits left over at the end. Returns
 * *decoded_length bytes, followed by a NUL, which the caller frees; NULL if the text is invalid.
 */
unsigned char *base64url_decode(const char *text, size_t length, size_t *decoded_length);

/* Encodes bytes in base64 with padding, or with `url` in base64url without. Returns the text, which the caller frees. */
char *base64_encode(const unsigned char *bytes, size_t length, bool url);

/* Writes the SHA-256 of the text as hex; an empty string if the digest fails. */
void sha256_hex(const char *text, char hex[SHA256_HEX_SIZE]);

/* Fills `text` with `length` random base64url characters and a NUL. Returns 0, or -1 if randomness fails. */
int random_text(char *text, size_t length);

#endif
