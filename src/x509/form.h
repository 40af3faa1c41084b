/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to x509: recognizes other formats given in place of a certificate, and decodes base64 that contains
 * whitespace. */
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
	FORM_ESCAPED, /* PEM with "\n" instead of line ends */
	FORM_COMPRESSED,
	FORM_HTML,
	FORM_SETTINGS_FILE,
	FORM_XML,
	FORM_JSON,
	FORM_COUNT
};

/* Completes "it is …", and says what to do; the hint may be NULL. */
struct form_text {
	const char *name, *hint;
};
extern const struct form_text form_texts[FORM_COUNT];

/* The form of exactly `length` bytes of DER, or FORM_UNKNOWN. */
enum form form_of_der(const unsigned char *der, size_t length);

/* The form that the PEM label between "BEGIN" and the dashes announces; spaces in it are ignored. FORM_DAMAGED if it is
 * not a label. */
enum form form_of_label(const char *label, size_t length);

/* The form of a file by its first bytes; FORM_UNKNOWN also for PEM, DER and base64. A NUL must follow the text. */
enum form form_of_text(const char *text, size_t length);

/* Whether `c` is one of base64's 64 digits. */
bool form_is_digit(char c);

/* Whether the text consists of base64 and whitespace. */
bool form_is_base64(const char *text, size_t length);

/* Decodes base64, ignoring whitespace, into `bytes`, which must have room for length / 4 * 3 + 3. Joined pieces may
 * each end in padding. Returns false if the text cannot be decoded. */
bool form_decode(const char *text, size_t length, unsigned char *bytes, size_t *size);

/* Whether a private key or PKCS#12 starts anywhere in the bytes. */
bool form_has_private_der(const unsigned char *bytes, size_t length);

#endif
