/* SPDX-License-Identifier: Apache-2.0 */
/* Small codings the org needs on its own: strict base64url, a digest in hex, random text. */
#ifndef ORG_CODEC_H
#define ORG_CODEC_H

#include <stddef.h>

enum { SHA256_HEX_SIZE = 65 };

/*
 * Decodes base64url without padding (RFC 7515), refusing every other character and stray bits at the end.
 * Returns a buffer the caller frees, a NUL added behind its *decoded_length bytes; NULL when the text is wrong.
 */
unsigned char *base64url_decode(const char *text, size_t length, size_t *decoded_length);

/* Writes the SHA-256 of the text as hex; an empty string when the digest fails. */
void sha256_hex(const char *text, char hex[SHA256_HEX_SIZE]);

/* Fills `text` with `length` random base64url characters and a NUL. Returns 0, or -1 without randomness. */
int random_text(char *text, size_t length);

#endif
