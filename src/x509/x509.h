/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests (RFC 5280, RFC 2986). Signing is a function that the caller passes. */
#ifndef P11BEARER_X509_H
#define P11BEARER_X509_H

#include "base/alg.h"
#include "base/sign.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { X509_FINGERPRINT_SIZE = 96 }; /* bytes: 32 pairs of hex digits, colons between, a NUL */

/* Parses a subject written as /TYPE=value/…, where '\' escapes the next character. Free with X509_NAME_free. Fails with
 * ERROR_USAGE; *subject is then NULL. */
int x509_subject_parse(X509_NAME **subject, const char *text, struct error *error);

/* Parses extended key usages, "clientAuth" or several with commas between; OpenSSL's names or object identifiers. Free
 * with sk_ASN1_OBJECT_pop_free(*usages, ASN1_OBJECT_free). Fails with ERROR_USAGE; *usages is then NULL. */
int x509_usages_parse(STACK_OF(ASN1_OBJECT) **usages, const char *text, struct error *error);

/* What certificates and requests are made of. */
struct x509_params {
	sign_function *sign; /* signs with `alg` and the key whose public half is `public` */
	void *context;
	enum alg alg;        /* not ALG_AUTO */
	EVP_PKEY *public;
	const X509_NAME *subject;
	const STACK_OF(ASN1_OBJECT) *usages; /* extended key usages, or NULL */
	long days;           /* of a certificate */
};

/* Makes a self-signed version 3 certificate: 128-bit random serial, valid from now for `days`, subjectKeyIdentifier,
 * basicConstraints CA:FALSE, keyUsage digitalSignature, and the extended key usages. Its signature is verified. Free
 * with X509_free. Fails with ERROR_TOKEN if the signature is wrong, and as `sign` does. */
int x509_certificate_make(const struct x509_params *params, X509 **certificate, struct error *error);

/* Makes a PKCS#10 request in the same way; it requests no extensions but the extended key usages. Free with
 * X509_REQ_free. */
int x509_request_make(const struct x509_params *params, X509_REQ **request, struct error *error);

/* Write PEM, to be freed with free(). Fail with ERROR_UNEXPECTED. */
int x509_certificate_pem(X509 *certificate, char **pem, size_t *length, struct error *error);
int x509_request_pem(X509_REQ *request, char **pem, size_t *length, struct error *error);

/* The certificates in a file or text, without duplicates. */
struct x509_list {
	X509 **list;
	size_t count;
	X509 *repeated; /* the one in the list of which a duplicate was dropped; NULL: none was */
};

/* Parse or read certificates: PEM (even on one line, or among other text or blocks), DER, or base64 of DER. `name`
 * appears in messages; a NUL must follow the data. Fail with ERROR_CONFIG if there is no certificate, and name the
 * format instead, or if one of several certificates is damaged; the list is then empty. Always call x509_list_clear. */
int x509_parse(const char *name, const char *data, size_t length, struct x509_list *list, struct error *error);
int x509_read(const char *path, struct x509_list *list, struct error *error);
void x509_list_clear(struct x509_list *list);

/* Adds the certificate and takes ownership of it; frees it if the list has an equal one. */
int x509_list_add(struct x509_list *list, X509 *certificate, struct error *error);

/* Copies the list. Always clear the copy. */
int x509_list_copy(const struct x509_list *list, struct x509_list *copy, struct error *error);

/* Chooses the certificate whose public key is `key`. Of several it prefers one that is valid now, then the one whose
 * validity begins last. Without a key (NULL) the list must hold a single certificate. Free with X509_free. If no
 * certificate can be chosen, fails with ERROR_CONFIG and lists them; also if it is one that x509_check_kind refuses. */
int x509_choose(const struct x509_list *list, const char *name, EVP_PKEY *key, X509 **certificate, struct error *error);

/* Fails with ERROR_CONFIG if the certificate, which `name` has, is an attestation or a placeholder
 * (base/certificate.h). */
int x509_check_kind(X509 *certificate, const char *name, struct error *error);

/* Whether the data contains a private key anywhere: PEM, DER, PKCS#12, JWK, OpenSSH or PuTTY; also if it is truncated,
 * encoded as base64, base64url or hexadecimal, or nested. Does not unpack compressed data. Returns true if memory is
 * exhausted. */
bool x509_has_private_key(const void *data, size_t length);

/* Format the subject and the issuer (RFC 2253), and the start and end of the validity, as in 2027-01-31T12:00:00Z; "?"
 * on failure. The text is truncated to fit. */
void x509_subject(X509 *certificate, char *text, size_t size);
void x509_issuer(X509 *certificate, char *text, size_t size);
void x509_beginning(X509 *certificate, char *text, size_t size);
void x509_expiry(X509 *certificate, char *text, size_t size);

/* Whether the certificate is valid at that time (RFC 5280 section 4.1.2.5). An unreadable time in it counts as
 * valid. */
enum x509_validity { X509_VALID, X509_NOT_YET_VALID, X509_EXPIRED };
enum x509_validity x509_valid_at(const X509 *certificate, time_t when);

/* Reads the end of the validity. Returns false if it is unreadable. */
bool x509_not_after(const X509 *certificate, time_t *when);

/* SHA-256 of the certificate's DER, or of the public key's SubjectPublicKeyInfo, as AA:BB:…; "?" on failure. */
void x509_fingerprint(X509 *certificate, char text[X509_FINGERPRINT_SIZE]);
void x509_key_fingerprint(EVP_PKEY *key, char text[X509_FINGERPRINT_SIZE]);

#endif
