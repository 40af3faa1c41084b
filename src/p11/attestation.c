/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/attestation.h"

#include "p11/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

int p11_attestation_read(const struct p11_request *request, bool login, struct p11_attestation *attestation,
			 struct error *error)
{
	(void)request;
	(void)login;
	memset(attestation, 0, sizeof(*attestation));
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

void p11_attestation_clear(struct p11_attestation *attestation)
{
	X509_free(attestation->certificate);
	X509_free(attestation->device);
	EVP_PKEY_free(attestation->public);
	free(attestation->uri);
	memset(attestation, 0, sizeof(*attestation));
}

int require_attested(const struct ring *ring, CK_OBJECT_HANDLE private, bool *attested, EVP_PKEY **public,
		     struct error *error)
{
	(void)private;
	*attested = false;
	if (public != NULL)
		*public = NULL;
	if (ring->request.attester == NULL)
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

bool p11_key_is_attested(const struct p11_key *key)
{
	return key->attested;
}
