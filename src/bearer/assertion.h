/* SPDX-License-Identifier: Apache-2.0 */
/* A key that stays open, for one assertion after another. */
#ifndef P11BEARER_BEARER_ASSERTION_H
#define P11BEARER_BEARER_ASSERTION_H

#include "bearer/bearer.h"
#include "x509/x509.h"

enum { REUSE_MARGIN = 15 }; /* seconds of life that an assertion which was kept must still have to be sent */

struct signer {
	struct p11_key *key;           /* NULL in one that signer_another made */
	struct p11_signer *p11;
	bool warned;                   /* of what to know about the key's signatures */
	struct x509_list certificates; /* of the request's file; after the first signature the one that fits, alone */
	const char *path;              /* that file; the request's; NULL: signatures are not checked against a certificate */
};

/* Reads the certificates in the request's file, then opens the key. To be closed in either case. */
int signer_open(struct signer *signer, const struct bearer_request *request, struct error *error);
void signer_close(struct signer *signer);

/* The certificate that the app most likely has, after a signature: the one in the request's file, else the one on the token
 * that "app set-cert" would take, for which it searches: see p11_signer_certificate, also for `verdict`. To be freed with X509_free.
 * NULL: it is not known. */
X509 *signer_certificate(struct signer *signer, const struct error *verdict);

/* One more signer for the same key, for another thread: see p11_signer_open. False when there cannot be one; else it
 * is to be closed before `signer`. */
bool signer_another(const struct signer *signer, struct signer *another);

/* Makes an assertion that is valid from now, or from when the token is back that was away, as bearer_assertion says. `assertion` is all 0, or one of before, whose
 * memory is used again. To be cleared in either case. */
int assertion_make(struct signer *signer, const struct bearer_request *request, struct assertion *assertion,
		   struct error *error);

/* Wipes what it holds, and keeps the memory. */
void assertion_wipe(struct assertion *assertion);

#endif
