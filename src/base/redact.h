/* SPDX-License-Identifier: Apache-2.0 */
/* Masks secrets in text from a server or another library before the text is shown. */
#ifndef P11BEARER_BASE_REDACT_H
#define P11BEARER_BASE_REDACT_H

#include "base/error.h"

#include <stddef.h>

/* The secrets of one request, in locked memory. */
struct redactor;

enum {
	REDACT_FRAGMENT = 8, /* letters and digits of the shortest fragment of a secret that is masked */
	REDACT_LEAST = 4,    /* and of the shortest secret: masking a shorter one would mask ordinary words */
};

/* Returns a redactor without secrets, or NULL if out of memory. */
struct redactor *redactor_new(void);

/* Adds a secret. A secret with fewer letters and digits than REDACT_FRAGMENT is masked only as a whole. The id of
 * the org at the start of a Salesforce access token, up to the '!', is not secret. Returns 0, or -1 if out of
 * memory; the redactor then masks all text, as a NULL redactor does. */
int redactor_add(struct redactor *redactor, const char *secret);

/* Wipes the secrets, or does nothing for NULL. */
void redactor_reset(struct redactor *redactor);

/* Wipes and frees *redactor and sets it to NULL. *redactor may be NULL. */
void redactor_free(struct redactor **redactor);

/* Replaces each word of `text` that contains a secret, or a fragment of one, with "***", in place. Finds secrets in
 * upper and lower case, in base64 and hexadecimal, split by anything but letters and digits, and escaped as in URLs,
 * JSON and HTML, even several times. */
void redact(struct redactor *redactor, char *text);

/* Redacts the sentence and the hint of an error. */
void redact_error(struct redactor *redactor, struct error *error);

/* Redacts `length` bytes. Returns the new length. */
size_t redact_bytes(struct redactor *redactor, char *text, size_t length);

#endif
