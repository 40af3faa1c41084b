/* SPDX-License-Identifier: Apache-2.0 */
/* The public key that a vendor's server knows, and what is computed from it. */
#ifndef ORG_KEYS_H
#define ORG_KEYS_H

#include <openssl/types.h>

#include "org.h"

/*
 * The registered key: that of --certificate, or of --jwks the one with the kid, which may be NULL if there is only one
 * key. The caller frees it. NULL if there is none.
 */
EVP_PKEY *keys_find(struct org *org, const char *kid);

/*
 * What is computed from the key or the certificate: "kid" (its RFC 7638 thumbprint), "spki" (SHA-256 in base64), "x5t",
 * "x5t-s256", "x5c". The caller frees the text, which is empty if it cannot be computed.
 */
char *keys_value(struct org *org, const char *name, const char *kid);

#endif
