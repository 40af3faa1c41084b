/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to oauth/http*.c: the client's identity in TLS, and what servers make of it. */
#ifndef P11BEARER_OAUTH_HTTP_IDENTITY_H
#define P11BEARER_OAUTH_HTTP_IDENTITY_H

#include "oauth/http-internal.h"

/* One TLS connection with a server. Its SSL_CTX and the transfers that use it hold it. */
struct connection {
	unsigned holders;
	const struct http *http; /* the client or slot that opened it */
	char host[256];          /* of the URL */
	bool asked;     /* the server has requested a certificate */
	bool given;     /* OpenSSL has the certificate and the key */
	bool proved;    /* OpenSSL has made the signature */
	bool resumed;   /* an earlier session was resumed, so that the server needs no certificate */
	bool limited;   /* OpenSSL knows the limits of the key */
	bool again;     /* the limits became known too late */
	bool answered;  /* a request was answered */
	int alert;      /* the last one from the server; 0: none */
	struct error failure; /* of the identity; ERROR_NONE: none */
};

/* Called when a TLS connection starts for the transfer, with its SSL_CTX. Ignores connections to an https proxy, which
 * never sees the certificate. The identity is shown if the server requests a certificate. */
CURLcode identity_begin(struct transfer *transfer, void *tls_context);

/* Called when the transfer is about to be sent, possibly over another transfer's connection. */
void identity_join(struct transfer *transfer);
void identity_leave(struct transfer *transfer);

/* Whether to repeat the failed request with the same handle: if the server requested a certificate, and the key can
 * make only signatures that must be known before the handshake starts. Nothing was sent. */
bool identity_wants_more(struct transfer *transfer);

/* Called when the transfer has an answer. Sets response->certificate. */
void identity_answered(struct transfer *transfer);

/* Whether the identity is the cause of the transfer's failure. If so, sets `error`: to what the identity reported, or,
 * if a TLS alert refused the client, to ERROR_ORG. */
bool identity_failed(struct transfer *transfer, struct error *error);

/* Returns a hint if the identity may be the cause of the failure `code`, or NULL. */
const char *identity_advice(const struct transfer *transfer, CURLcode code);

#endif
