/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/attest.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Compares with the token's serial number, if it is a decimal number as on a YubiKey. */
static int compare_serial(const struct x509_attestation *facts, const char *serial, struct error *error)
{
	char attested[24];

	if (!facts->has_serial || serial[0] == '\0' || serial[strspn(serial, "0123456789")] != '\0')
		return 0;
	snprintf(attested, sizeof(attested), "%lu", facts->serial);
	if (strcmp(attested, serial + strspn(serial, "0")) == 0)
		return 0;
	error_set(error, ERROR_NO_KEY, "the attestation is of another device: its serial number is %s, and that of the "
		  "token is %s", attested, serial);
	return -ERROR_NO_KEY;
}

/* What the token shows. */
static int shown(const struct p11_attestation *attestation, struct x509_list *chain, struct error *error)
{
	X509 *const certificates[] = { attestation->certificate, attestation->device };

	for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++) {
		if (certificates[i] == NULL)
			continue;
		X509_up_ref(certificates[i]);
		if (x509_list_add(chain, certificates[i], error) < 0)
			return error_result(error);
	}
	return 0;
}

int attest_prove(const struct x509_roots *roots, const struct p11_attestation *attestation,
		 struct x509_attestation *facts, struct x509_list *chain, struct error *error)
{
	int result;

	if (chain != NULL)
		memset(chain, 0, sizeof(*chain));
	result = x509_attestation_parse(attestation->certificate, facts, error);
	if (result == 0 && roots != NULL)
		result = x509_attestation_verify(roots, attestation->certificate, attestation->device, time(NULL),
						 chain, error);
	else if (result == 0 && chain != NULL)
		result = shown(attestation, chain, error);
	if (result == 0)
		result = compare_serial(facts, attestation->serial, error);
	if (result < 0 && chain != NULL)
		x509_list_clear(chain);
	return result;
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
