/* SPDX-License-Identifier: Apache-2.0 */
/* A key on a token as the key of a TLS client. libp11 makes it an EVP_PKEY that OpenSSL drives during the handshake.
 * All of it uses the session and the login of an open key; libp11 never logs in by itself, except for the one operation
 * of a key that requires it (CKA_ALWAYS_AUTHENTICATE). */
#ifndef P11BEARER_P11_TLS_H
#define P11BEARER_P11_TLS_H

#include "p11/p11.h"

/* One TLS key. A process has one at a time. */
struct p11_tls;

/* Prepares the TLS use of the key that `uri` names on the same token as `key`, or, if it is NULL, of `key` itself. All
 * arguments must outlive *tls. Makes no call; fails with ERROR_NO_KEY if the URI names another token. */
int p11_tls_open(struct p11_tls **tls, struct p11_key *key, const struct uri *uri, X509 *certificate,
		 struct error *error);

/* Close everything that holds the EVP_PKEY first, and the key afterwards. NULL is allowed. */
void p11_tls_close(struct p11_tls **tls);

/* The private key of `certificate`, for a handshake that follows. *private is not the caller's, and stays valid until
 * p11_tls_close. *tls12: the token can make no signature with it that TLS 1.3 allows (RFC 8446 section 4.2.3).
 * *sigalgs: the signature algorithms that the token can make, for SSL_CTX_set1_client_sigalgs_list(3); NULL: all that
 * fit the key; static.
 *
 * Each call checks the session, and recovers what was lost as p11_signer_sign does. The first one, and the first one
 * after a loss or a failed signature, has libp11 find the key. No signer signs in the meantime. Fails with ERROR_NO_KEY
 * if the token lacks the key or its mechanisms, with ERROR_CONFIG if the certificate is not the key's, and with
 * ERROR_TOKEN, ERROR_PIN or, after a signal, ERROR_UNEXPECTED. */
int p11_tls_key(struct p11_tls *tls, EVP_PKEY **private, bool *tls12, const char **sigalgs, struct error *error);

/* Whether a signature with the key has failed since the last call, and why. */
bool p11_tls_has_failed(struct p11_tls *tls, struct error *why);

#endif
