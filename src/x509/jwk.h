/* SPDX-License-Identifier: Apache-2.0 */
/* Public RSA and EC keys as JWKs (RFC 7517, RFC 7518 section 6). */
#ifndef P11BEARER_X509_JWK_H
#define P11BEARER_X509_JWK_H

#include "base/alg.h"
#include "base/error.h"

struct cJSON;

enum { JWK_THUMBPRINT_SIZE = 44 }; /* bytes: 43 digits of base64url, a NUL */

/* Makes the JWK of a public key that verifies signatures (use: sig) of this algorithm, which is not ALG_AUTO. `kid`
 * NULL means the thumbprint. Free with cJSON_Delete. Fails with ERROR_TOKEN if the key is neither RSA nor EC on a curve
 * of JWS, and *jwk is then NULL. */
int jwk_make(EVP_PKEY *public, enum alg alg, const char *kid, struct cJSON **jwk, struct error *error);

/* Computes the thumbprint of a public key: SHA-256, as base64url (RFC 7638). Fails as jwk_make does. */
int jwk_thumbprint(EVP_PKEY *public, char thumbprint[JWK_THUMBPRINT_SIZE], struct error *error);

#endif
