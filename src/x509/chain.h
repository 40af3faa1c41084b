/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a TLS client and its issuers. */
#ifndef P11BEARER_X509_CHAIN_H
#define P11BEARER_X509_CHAIN_H

#include "x509/x509.h"

/* Reads the client's certificate and the issuers that follow it, each the issuer of the one before (RFC 8446 section
 * 4.4.2), and checks that the client can use them at the time `now`. Issuers that have expired are not refused: servers
 * may know newer ones. Fails with ERROR_CONFIG: the file is unreadable, contains a private key, or holds certificates
 * that are out of order, repeated, or not part of the chain; or the client's certificate is not valid, is not for TLS
 * clients, or has a key that TLS cannot use. Always clear the chain. */
int x509_chain_read(const char *path, time_t now, struct x509_list *chain, struct error *error);

/* The checks alone. `name` appears in messages. */
int x509_chain_check(const char *name, const struct x509_list *chain, time_t now, struct error *error);

#endif
