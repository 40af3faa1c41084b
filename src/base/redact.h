/* SPDX-License-Identifier: Apache-2.0 */
/* Masks secrets in text that comes from a server or from another library, before the text is shown. */
#ifndef P11BEARER_BASE_REDACT_H
#define P11BEARER_BASE_REDACT_H

#include "base/error.h"

#include <stddef.h>

/* The secrets of one request, in locked memory. */
struct redactor;

enum {
	REDACT_FRAGMENT = 8, /* letters and digits of the shortest fragment of a secret that is masked */
	REDACT_LEAST = 4,    /* and of the shortest secret: a shorter one would mask ordinary words */
};

/* A redactor without secrets; NULL when memory is out. */
struct redactor *redactor_new(void);

/* Adds a secret. One with fewer letters and digits than REDACT_FRAGMENT is masked as a whole only. The id of the org
 * that begins an access token of Salesforce, up to the '!', is no secret. Returns 0, or -1 when memory is out; the
 * redactor then masks all text. A NULL redactor does the same. */
int redactor_add(struct redactor *redactor, const char *secret);

/* Wipes the secrets. NULL is allowed. */
void redactor_reset(struct redactor *redactor);

/* Wipes and frees *redactor and sets it to NULL. NULL is allowed. */
void redactor_free(struct redactor **redactor);

/* Replaces each word of `text` that repeats a secret, or a fragment of one, with "***", in place. It finds secrets in
 * upper and lower case, in base64 and in hexadecimal, split by anything but letters and digits, and with escapes as in
 * URLs, JSON and HTML, also escapes of escapes. */
void redact(struct redactor *redactor, char *text);

/* The same for both texts of an error. */
void redact_error(struct redactor *redactor, struct error *error);

/* The same for `length` bytes. Returns how many are left. */
size_t redact_bytes(struct redactor *redactor, char *text, size_t length);

#endif
