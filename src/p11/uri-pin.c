/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN in a URI (RFC 7512, section 2.4: pin-value). It is taken out before anything else has a copy of the URI. */
#include "p11/internal.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* The value of pin-value, which ends at '&' or the end; NULL if there is none. */
static const char *find_value(const char *text)
{
	static const char attribute[] = "pin-value=";

	text += strcspn(text, "?");
	while (*text != '\0') {
		text++; /* '?' or '&' */
		if (strncmp(text, attribute, strlen(attribute)) == 0)
			return text + strlen(attribute);
		text += strcspn(text, "&");
	}
	return NULL;
}

/* The percent-encoded text as a secret; NULL if memory is out. */
static struct secret *decode(const char *text, size_t length)
{
	struct secret *secret = secret_new(length);

	for (size_t i = 0; secret != NULL && i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte == '%') {
			byte = (unsigned char)(OPENSSL_hexchar2int((unsigned char)text[i + 1]) << 4 |
					       OPENSSL_hexchar2int((unsigned char)text[i + 2]));
			i += 2;
		}
		if (secret_append(secret, &byte, 1) < 0)
			secret_free(&secret);
	}
	return secret;
}

int uri_take_pin(struct uri *uri, const char *text, struct error *error)
{
	const char *value = find_value(text);
	size_t before = value != NULL ? (size_t)(value - text) : strlen(text);
	size_t length = value != NULL ? strcspn(value, "&") : 0;
	const char *rest = text + before + length;

	uri->text = malloc(before + strlen(rest) + 1);
	if (uri->text == NULL)
		return error_memory(error);
	memcpy(uri->text, text, before);
	memcpy(uri->text + before, rest, strlen(rest) + 1);
	if (value == NULL)
		return 0;
	uri->pin = decode(value, length);
	return uri->pin != NULL ? 0 : error_memory(error);
}
