/* SPDX-License-Identifier: Apache-2.0 */
/* What headers and claims say of a key and its certificate. */
#ifndef P11BEARER_X509_JOSE_H
#define P11BEARER_X509_JOSE_H

#include "x509/x509.h"

/* Each returns a new text, which the caller frees. Fails with ERROR_UNEXPECTED; *text is then NULL. */

/* The header fields x5t and, with `sha256`, x5t#S256: the digest of the certificate's DER, in base64url without padding
 * (RFC 7515 sections 4.1.7 and 4.1.8). */
int jose_x5t(X509 *certificate, bool sha256, char **text, struct error *error);

/* The header field x5c: a JSON array of the certificate and those in the list that issued it, each before its issuer,
 * in base64 with padding (RFC 7515 section 4.1.6). The list may have them in any order. */
int jose_x5c(X509 *certificate, const struct x509_list *list, char **text, struct error *error);

/* SHA-256 of the SubjectPublicKeyInfo, in base64 with padding: how GitHub and Snowflake name a key. */
int jose_spki(EVP_PKEY *public, char **text, struct error *error);

#endif
