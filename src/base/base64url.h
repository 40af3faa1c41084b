/* SPDX-License-Identifier: Apache-2.0 */
/* base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
#ifndef P11BEARER_BASE_BASE64URL_H
#define P11BEARER_BASE_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/* Returns the number of characters that encode `length` bytes, without the final NUL. */
size_t base64url_length(size_t length);

/* Encodes `length` bytes into `text`, which has room for base64url_length(length) + 1 characters. */
void base64url_encode(const void *data, size_t length, char *text);

/* Decodes `length` characters into `data`, which has room for length / 4 * 3 + 2 bytes, and sets *size to their number.
 * Returns false if they are not what base64url_encode gives for any bytes. */
bool base64url_decode(const char *text, size_t length, void *data, size_t *size);

#endif
