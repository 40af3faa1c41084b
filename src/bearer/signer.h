/* SPDX-License-Identifier: Apache-2.0 */
/* The key that signs assertions, and the one that replaces it, both open on one token. */
#ifndef P11BEARER_BEARER_SIGNER_H
#define P11BEARER_BEARER_SIGNER_H

#include "bearer/bearer.h"
#include "bearer/turn.h"
#include "x509/x509.h"

#include <stdatomic.h>

enum { SIGNER_FIELDS = 5 };

/* One of the keys that a signer signs with. */
struct signer_key {
	struct p11_key *key;           /* NULL in a signer from signer_another */
	struct p11_signer *p11;
	atomic_bool warned;            /* of what the first signature shows; unused in a signer from signer_another */
	const char *path;              /* the request's file; NULL: signatures are not checked against a certificate */
	struct x509_list certificates; /* of the file */
	bool several;                  /* it has several: the first signature shows which one is the key's */
	X509 *own;                     /* the key's, one of the list; NULL: not known yet */
	char *fields[SIGNER_FIELDS];   /* values computed so far, see fields.c */
};

struct signer {
	struct signer_key keys[TURN_KEYS]; /* the request's key, and the one that replaces it */
	size_t count;
	struct signer *first;          /* the one that this one is from, see signer_another; NULL: none */
	long warn_days;                /* see bearer_request */
	const struct server *server;   /* NULL in a signer from signer_another */
	const struct bearer_identity *identity; /* NULL: none; the first signature is checked against its certificate */
};

/* Reads the certificates in the request's files, then opens its keys. If the next key cannot be opened, warns and goes
 * on with one. Fails as x509_read and p11_key_open do. Close the signer even on failure. */
int signer_open(struct signer *signer, const struct bearer_request *request, struct error *error);
void signer_close(struct signer *signer);

/* The same with the request's key, if it is open already (or NULL). The signer takes it over, also on failure. */
int signer_open_with(struct signer *signer, const struct bearer_request *request, struct p11_key *key,
		     struct error *error);

/* Does in advance what the first signatures would do, see p11_key_prepare. If it fails for the next key, warns and goes
 * on with one. */
int signer_prepare(struct signer *signer, struct error *error);

/* After a signature by the key number `which`, returns the certificate that the app most likely has: the one in the
 * request's file, else the one on the token that "app set-cert" would take. For the search and for `verdict` see
 * p11_signer_certificate. Returns NULL if it is unknown. The caller frees it with X509_free. */
X509 *signer_certificate(struct signer *signer, size_t which, const struct error *verdict);

/* Opens another signer for the same keys, for another thread; close it before `signer`. Returns false if the token
 * opens no more sessions. */
bool signer_another(struct signer *signer, struct signer *another);

/* Warns if the key's own certificate, which is known, is not valid or expires in fewer than `warn_days` days. */
void signer_warn_of_expiry(const struct signer_key *key, long warn_days);

#endif
