/* SPDX-License-Identifier: Apache-2.0 */
/* Strict base64url, a digest in hex, random text. */
#include "codec.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

unsigned char *base64url_decode(const char *text, size_t length, size_t *decoded_length)
{
	unsigned char *decoded = malloc(length * 3 / 4 + 1);
	unsigned int bits = 0;
	unsigned int held = 0; /* bits in `bits` that do not yet make a byte */
	size_t used = 0;

	if (decoded == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		const char *found = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		if (found == NULL)
			goto wrong;
		bits = bits << 6 | (unsigned int)(found - alphabet);
		held += 6;
		if (held >= 8) {
			held -= 8;
			decoded[used++] = (unsigned char)(bits >> held & 0xff);
		}
		bits &= (1U << held) - 1;
	}
	/* Six leftover bits, or set ones, would make two texts decode to the same bytes. */
	if (bits != 0 || held == 6)
		goto wrong;
	decoded[used] = '\0';
	*decoded_length = used;
	return decoded;
wrong:
	free(decoded);
	return NULL;
}

char *base64_encode(const unsigned char *bytes, size_t length, bool url)
{
	char *text = malloc((length + 2) / 3 * 4 + 1);

	if (text == NULL)
		return NULL;
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
	for (char *c = text; url && *c != '\0'; c++) {
		if (*c == '=')
			*c-- = '\0';
		else if (*c == '+' || *c == '/')
			*c = *c == '+' ? '-' : '_';
	}
	return text;
}

void sha256_hex(const char *text, char hex[SHA256_HEX_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t length = 0;

	hex[0] = '\0';
	if (EVP_Q_digest(NULL, "SHA256", NULL, text, strlen(text), digest, &length) != 1)
		return;
	for (size_t i = 0; i < length && 2 * i + 2 < SHA256_HEX_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

int random_text(char *text, size_t length)
{
	if (RAND_bytes((unsigned char *)text, (int)length) != 1)
		return -1;
	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[(unsigned char)text[i] % 64];
	text[length] = '\0';
	return 0;
}
