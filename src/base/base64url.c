/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64url.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64url_length(size_t length)
{
	return length / 3 * 4 + (length % 3 == 0 ? 0 : length % 3 + 1);
}

void base64url_encode(const void *data, size_t length, char *text)
{
	const unsigned char *byte = data;
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < length; i++) {
		bits = (bits << 8 | byte[i]) & 0xffff;
		for (count += 8; count >= 6; count -= 6)
			*text++ = alphabet[bits >> (count - 6) & 63];
	}
	if (count > 0)
		*text++ = alphabet[bits << (6 - count) & 63];
	*text = '\0';
}

bool base64url_decode(const char *text, size_t length, void *data, size_t *size)
{
	unsigned char *byte = data;
	unsigned bits = 0, count = 0;

	for (size_t i = 0; i < length; i++) {
		const char *found = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		if (found == NULL)
			return false;
		bits = (bits << 6 | (unsigned)(found - alphabet)) & 0xffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			*byte++ = (unsigned char)(bits >> count);
		}
	}
	*size = (size_t)(byte - (unsigned char *)data);
	return count < 6 && (bits & ((1U << count) - 1)) == 0;
}
