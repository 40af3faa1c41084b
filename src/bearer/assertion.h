/* SPDX-License-Identifier: Apache-2.0 */
/* Makes assertions with a key that stays open. */
#ifndef P11BEARER_BEARER_ASSERTION_H
#define P11BEARER_BEARER_ASSERTION_H

#include "bearer/bearer.h"
#include "x509/x509.h"

enum { REUSE_MARGIN = 15 }; /* seconds: an assertion that expires earlier than this is not sent */

struct signer {
	struct p11_key *key;           /* NULL in a signer from signer_another */
	struct p11_signer *p11;
	bool warned;                   /* about the key's signatures, see p11_key_warn_of_size */
	struct x509_list certificates; /* of the file; after the first signature only the one that fits */
	const char *path;              /* the request's file; NULL: signatures are not checked against a certificate */
	const struct bearer_identity *identity; /* NULL: none; the first signature is checked against its certificate */
};

/* Reads the certificates in the request's file, then opens the key. Fails as x509_read and p11_key_open do. Close the
 * signer even on failure. */
int signer_open(struct signer *signer, const struct bearer_request *request, struct error *error);
void signer_close(struct signer *signer);

/* After a signature, returns the certificate that the app most likely has: the one in the request's file, else the one
 * on the token that "app set-cert" would take. For the search and for `verdict` see p11_signer_certificate. Returns
 * NULL if it is unknown. The caller frees it with X509_free. */
X509 *signer_certificate(struct signer *signer, const struct error *verdict);

/* Opens another signer for the same key, for another thread; close it before `signer`. Returns false if the token opens
 * no more sessions. */
bool signer_another(const struct signer *signer, struct signer *another);

/* Makes an assertion whose lifetime starts now, or, if the token was away, when it returned. `assertion` is all 0, or
 * an earlier one, whose memory is reused; the caller clears it even on failure. Fails as p11_signer_sign and jwt_claims
 * do, and with ERROR_CONFIG if the certificate, or that of the identity, is not the key's. */
int assertion_make(struct signer *signer, const struct bearer_request *request, struct assertion *assertion,
		   struct error *error);

/* Wipes the contents and keeps the memory. */
void assertion_wipe(struct assertion *assertion);

#endif
