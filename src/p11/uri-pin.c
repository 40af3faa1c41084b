/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN in a URI (RFC 7512 section 2.4): pin-value is removed before the URI is copied; pin-source becomes a source
 * as --pin-from has it. */
#include "p11/p11.h"
#include "p11/uri.h"

#include "process/prompt.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* The value of pin-value, which ends at '&' or the end; NULL if it is absent. */
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

/* The path after "file:" in a pin-source, which is a file: URI (RFC 8089) or a plain path. */
static const char *after_scheme(const char *source)
{
	static const char *const prefixes[] = { "file://localhost", "file://", "file:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(source, prefixes[i], strlen(prefixes[i])) == 0)
			return source + strlen(prefixes[i]);
	}
	return source;
}

/* The text is not shown: it may be a PIN. */
static int refuse_source(const char *path, struct error *error)
{
	error_set(error, ERROR_CONFIG,
		  "the URI's pin-source is neither file: with an absolute path nor another PIN source");
	if (path[0] == '~' || path[0] == '$')
		error_hint(error, "give the full path: ~ and variables are not expanded in a URI");
	else
		error_hint(error, "PIN sources in a URI are file:/PATH, env:NAME, fd:N, credential:NAME and prompt; "
				  "programs are not run");
	return -ERROR_CONFIG;
}

/* Schemes are case-insensitive. */
static void lower_scheme(char *source)
{
	size_t length = strspn(source, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	for (size_t i = 0; source[length] == ':' && i < length; i++)
		source[i] = (char)tolower((unsigned char)source[i]);
}

/* Other programs write --pin-from's sources into URIs too, such as pkcs11-provider "env:NAME". */
int uri_take_pin_source(struct uri *uri, struct error *error)
{
	const char *source = p11_kit_uri_get_pin_source(uri->parsed), *path;
	struct error ignored;

	if (source == NULL)
		return 0;
	uri->pin_source_text = wipe_strdup(source); /* people put the PIN itself there by mistake */
	if (uri->pin_source_text == NULL)
		return error_memory(error);
	lower_scheme(uri->pin_source_text);
	path = after_scheme(uri->pin_source_text);
	/* Only absolute paths: the author of the URI does not know the working directory. Programs ("|command") are not
	 * run. */
	if (path[0] == '/')
		uri->pin_source = source_of_path(path);
	else if (path != uri->pin_source_text || prompt_parse(&uri->pin_source, "PIN", path, &ignored) < 0)
		return refuse_source(path, error);
	return 0;
}

const struct source *p11_uri_pin_source(const struct uri *uri)
{
	return &uri->pin_source;
}

const struct secret *p11_uri_pin(const struct uri *uri)
{
	return uri->pin;
}
