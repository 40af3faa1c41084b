/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of TLS clients: asked for, verified and described. Only client.c uses GnuTLS. */
#ifndef ORG_CLIENT_H
#define ORG_CLIENT_H

#include <cjson/cJSON.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

/* Called for a client that is refused, in the thread of its connection, with an object that it frees. */
typedef void client_refused(void *context, cJSON *line);

/*
 * Makes the handshake of a new session ask for a certificate, and refuse with an alert one that the CAs of the session's
 * credentials did not issue for clients, or that is not valid now; if `required`, also a client without one. There is one
 * `refused` in a process.
 */
void client_ask(gnutls_session_t session, bool required, client_refused *refused, void *context);

/* A connection's TLS version, and its client's certificate (SHA-256) and kind of signature, null without one. */
cJSON *client_describe(gnutls_session_t session);

#endif
