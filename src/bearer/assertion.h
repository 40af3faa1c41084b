/* SPDX-License-Identifier: Apache-2.0 */
/* Makes assertions with keys that stay open. */
#ifndef P11BEARER_BEARER_ASSERTION_H
#define P11BEARER_BEARER_ASSERTION_H

#include "bearer/signer.h"

enum { REUSE_MARGIN = 15 }; /* seconds: an assertion that expires earlier than this is not sent */

/* Makes an assertion, signed by the key number `which`, or by the other one if the token does not have that any more.
 * Its lifetime starts now, or, if the token was away, when it returned. `assertion` is all 0, or an earlier one for the
 * same request, which differs from this one, and whose memory is reused; the caller clears it even on failure. Fails as
 * p11_signer_sign and jwt_claims do, and with ERROR_CONFIG if the certificate, or that of the identity, is not the
 * key's. */
int assertion_make(struct signer *signer, size_t which, const struct bearer_request *request,
		   struct assertion *assertion, struct error *error);

/* Wipes the contents and keeps the memory. */
void assertion_wipe(struct assertion *assertion);

#endif
