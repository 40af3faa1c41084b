/* SPDX-License-Identifier: Apache-2.0 */
/* The identity in TLS: the client's certificates, from a file, and the key on the token. oauth asks for the key when a
 * server requests a certificate; until then, an identity makes no C_* call. */
#ifndef P11BEARER_BEARER_IDENTITY_H
#define P11BEARER_BEARER_IDENTITY_H

#include "oauth/http.h"
#include "p11/p11.h"

struct bearer_identity;

/* Reads and checks the certificates in the file at `path` (x509/chain.h), and warns of those that servers may refuse.
 * `uri` names their key on the token of the key that is bound; NULL: that key itself. The identity takes over `uri`,
 * also on failure. Fails with ERROR_CONFIG. */
int identity_open(struct bearer_identity **identity, const char *path, struct uri *uri, struct error *error);

/* Sets *identity to NULL; NULL is allowed. Release it first. */
void identity_close(struct bearer_identity **identity);

/* What oauth needs. Owned by the identity. */
const struct http_identity *identity_http(const struct bearer_identity *identity);

/* Binds the identity to the token of a key that is open. Makes no call. Fails with ERROR_NO_KEY if the TLS key's URI
 * names another token. An identity that is NULL is ignored, here and below. */
int identity_bind(struct bearer_identity *identity, struct p11_key *key, struct error *error);

/* Ends this. Close all clients and pools first, and the key afterwards. */
void identity_release(struct bearer_identity *identity);

/* The certificate of the key that is bound, and its file; NULL if another key does TLS. Owned by the identity. */
X509 *identity_certificate(const struct bearer_identity *identity, const char **path);

/* --- for requests without a key that is open --------------------------------------------------------------------- */

/* Lets identity_fetch open the key of `request`, whose URI the identity takes over. Its strings must outlive the
 * identity. */
void identity_allow(struct bearer_identity *identity, const struct p11_request *request);

/* Lets identity_fetch open the key that is bound once more after it was released: keeps its PIN until then. */
void identity_keep(struct bearer_identity *identity);

/* Whether a server requested the certificate while no key was bound, and identity_fetch may open one. A request that
 * failed for this reason can be sent again afterwards. The key is not opened during the handshake, because servers do
 * not wait for a person who enters a PIN. */
bool identity_is_wanted(const struct bearer_identity *identity);

/* Opens the key and binds it, once, until identity_release. Fails as p11_key_open does. */
int identity_fetch(struct bearer_identity *identity, struct error *error);

#endif
