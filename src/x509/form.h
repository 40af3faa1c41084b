/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of x509: what a file holds that may not be a certificate, and base64 with whatever blanks are in it. */
#ifndef P11BEARER_X509_FORM_H
#define P11BEARER_X509_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum form {
	FORM_UNKNOWN,
	FORM_CERTIFICATE,
	FORM_EMPTY,
	FORM_UTF16,
	FORM_DAMAGED, /* PEM or base64 that cannot be decoded */
	FORM_PRIVATE_KEY,
	FORM_PUBLIC_KEY,
	FORM_OPENSSH_KEY,
	FORM_REQUEST,
	FORM_CRL,
	FORM_PKCS7,
	FORM_PKCS12,
	FORM_JAVA_KEYSTORE,
	FORM_PGP,
	FORM_BASE64_OF_PEM,
	FORM_BASE64URL,
	FORM_HEX,
	FORM_ESCAPED, /* PEM with "\n" in place of line ends */
	FORM_COMPRESSED,
	FORM_HTML,
	FORM_SETTINGS_FILE,
	FORM_XML,
	FORM_JSON,
	FORM_COUNT
};

/* What it is, as in "it is a private key", and what to do then; the hint may be NULL. Static. */
struct form_text {
	const char *name, *hint;
};
extern const struct form_text form_texts[FORM_COUNT];

/* What DER this is: `length` bytes, no more and no less. FORM_UNKNOWN when it is none of the above. */
enum form form_of_der(const unsigned char *der, size_t length);

/* What the PEM label between "BEGIN" and the dashes stands for, whatever blanks are in it; FORM_DAMAGED when
 * it is no label. */
enum form form_of_label(const char *label, size_t length);

/* What a file is by its beginning; FORM_UNKNOWN for PEM, DER and base64 too. A NUL follows the text. */
enum form form_of_text(const char *text, size_t length);

/* Whether it is one of base64's 64 digits. */
bool form_is_digit(char c);

/* Whether all of the text is base64 and blanks. */
bool form_is_base64(const char *text, size_t length);

/* Decodes base64, blanks left out, into `bytes`, which has room for length / 4 * 3 + 3. Padding may stand in the middle, where
 * two pieces meet. False when it cannot be decoded. */
bool form_decode(const char *text, size_t length, unsigned char *bytes, size_t *size);

/* Whether a private key, or PKCS#12, begins anywhere in the bytes. */
bool form_has_private_der(const unsigned char *bytes, size_t length);

#endif
