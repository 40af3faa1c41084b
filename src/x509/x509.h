/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests (RFC 5280, RFC 2986), signed by a function that may ask a token. */
#ifndef P11BEARER_X509_H
#define P11BEARER_X509_H

#include "base/sign.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { X509_FINGERPRINT_SIZE = 96 }; /* bytes: 32 pairs of hex digits, colons between, a NUL */

/* Checks a subject as the two functions below read it. Fails with ERROR_USAGE. */
int x509_subject_check(const char *subject, struct error *error);

/* Makes a self-signed certificate, version 3: random serial of 128 bits, valid from now for `days`, subjectKeyIdentifier,
 * basicConstraints CA:FALSE, keyUsage digitalSignature, signed by `sign` with the key whose public half is `public`.
 * `subject` is written /TYPE=value/…; '\' takes the next character as it is. The result is verified. To be freed with
 * X509_free. Fails with ERROR_USAGE for the subject, ERROR_TOKEN for a signature that is wrong, and with what `sign` fails
 * with. */
int x509_certificate_make(sign_function *sign, void *context, EVP_PKEY *public, const char *subject, long days,
			  X509 **certificate, struct error *error);

/* Makes a PKCS#10 request likewise. To be freed with X509_REQ_free. */
int x509_request_make(sign_function *sign, void *context, EVP_PKEY *public, const char *subject, X509_REQ **request,
		      struct error *error);

/* PEM, to be freed with free(). */
int x509_certificate_pem(X509 *certificate, char **pem, size_t *length, struct error *error);
int x509_request_pem(X509_REQ *request, char **pem, size_t *length, struct error *error);

/* The certificates that one file or text holds, each of them once. */
struct x509_list {
	X509 **list;
	size_t count;
	bool repeated; /* one is there several times */
};

/* Reads certificates: PEM (also squeezed into one line, with other text around it or with other blocks in it), DER, or base64
 * of DER. `name` is for messages; a NUL follows the data. Fails with ERROR_CONFIG for anything else, which is named, and
 * when one of several is damaged; then the list is empty. Free with x509_list_clear in any case. */
int x509_parse(const char *name, const char *data, size_t length, struct x509_list *list, struct error *error);
int x509_read(const char *path, struct x509_list *list, struct error *error);
void x509_list_clear(struct x509_list *list);

/* Takes over the certificate; one that is there already is dropped. */
int x509_list_add(struct x509_list *list, X509 *certificate, struct error *error);

/* Makes a list with the same certificates, to be cleared in any case. */
int x509_list_copy(const struct x509_list *list, struct x509_list *copy, struct error *error);

/* The certificate in the list whose public key is `key`; of several one that is valid now, and of those the one that begins
 * last. Without a key (NULL) the only one. To be freed with X509_free. Fails with ERROR_CONFIG, and names the certificates. */
int x509_choose(const struct x509_list *list, const char *name, EVP_PKEY *key, X509 **certificate, struct error *error);

/* Whether a private key is anywhere in the data: PEM, DER, PKCS#12, JWK, OpenSSH's and PuTTY's, also as base64, base64url or
 * hexadecimal, cut off, or in one another. Compressed data are not looked into. True, too, when memory is out. */
bool x509_has_private_key(const void *data, size_t length);

/* The subject as RFC 2253 writes it, and the first and last moment of its validity as 2027-01-31T12:00:00Z; "?" if that
 * fails. What does not fit is cut off. */
void x509_subject(X509 *certificate, char *text, size_t size);
void x509_beginning(X509 *certificate, char *text, size_t size);
void x509_expiry(X509 *certificate, char *text, size_t size);

/* Whether the certificate is valid at that time (RFC 5280 section 4.1.2.5). A time in it that cannot be read counts as
 * right. */
enum x509_validity { X509_VALID, X509_NOT_YET_VALID, X509_EXPIRED };
enum x509_validity x509_valid_at(const X509 *certificate, time_t when);

/* SHA-256 of the certificate's DER, or of the public key's SubjectPublicKeyInfo, as AA:BB:…; "?" if that fails. */
void x509_fingerprint(X509 *certificate, char text[X509_FINGERPRINT_SIZE]);
void x509_key_fingerprint(EVP_PKEY *key, char text[X509_FINGERPRINT_SIZE]);

#endif
