/* SPDX-License-Identifier: Apache-2.0 */
/* Proof that a key was generated on its token: what p11 reads, judged by x509. */
#ifndef P11BEARER_BEARER_ATTEST_H
#define P11BEARER_BEARER_ATTEST_H

#include "p11/attestation.h"
#include "x509/attestation.h"

/* Verifies the attestation: its chain up to `roots` (NULL: not verified), its extensions, and that its serial number is
 * the token's. Fills *facts; *chain, unless NULL, is the chain, the attestation first (without roots: what the token
 * shows); always clear it. Fails with ERROR_NO_KEY. */
int attest_prove(const struct x509_roots *roots, const struct p11_attestation *attestation,
		 struct x509_attestation *facts, struct x509_list *chain, struct error *error);

/* For p11_request: proves each key with these roots, which must outlive it. */
struct p11_attester attest_with(const struct x509_roots *roots);

#endif
