/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/attest.h"

int attest_prove(const struct x509_roots *roots, const struct p11_attestation *attestation,
		 struct x509_attestation *facts, struct x509_list *chain, struct error *error)
{
	(void)roots;
	(void)attestation;
	(void)facts;
	(void)chain;
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

static int prove(void *context, const struct p11_attestation *attestation, struct error *error)
{
	struct x509_attestation facts;

	return attest_prove(context, attestation, &facts, NULL, error);
}

struct p11_attester attest_with(const struct x509_roots *roots)
{
	return (struct p11_attester){ prove, (void *)roots };
}
