/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the bearer room: a key that stays open, for one assertion after another. */
#ifndef P11BEARER_BEARER_ASSERTION_H
#define P11BEARER_BEARER_ASSERTION_H

#include "bearer/bearer.h"

#include <openssl/types.h>

struct signer {
	const struct bearer_request *request;
	struct p11_key *key;
	X509 *certificate; /* of the request, or NULL */
};

/* Reads the request's certificate, then opens the key. To be closed in either case. */
int signer_open(struct signer *signer, const struct bearer_request *request, struct error *error);
void signer_close(struct signer *signer);

/* Makes an assertion that is valid from now, as bearer_assertion says. To be cleared. */
int assertion_make(struct signer *signer, struct assertion *assertion, struct error *error);

#endif
