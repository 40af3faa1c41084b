/* SPDX-License-Identifier: Apache-2.0 */
/* A signature is as long as the modulus (RFC 8017 section 8.2.1). Some modules drop leading zeros, some return an
 * impossible length. */
#include "p11/key.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* *length stays 0 if the token does not show the modulus. */
static int modulus_size(const struct p11_signer *signer, size_t *length, struct error *error)
{
	CK_ATTRIBUTE modulus;
	const unsigned char *byte;
	size_t size;

	if (signer->key->public != NULL) {
		*length = (size_t)EVP_PKEY_get_size(signer->key->public);
		return 0;
	}
	if (object_read(signer->session, signer->key->handle, CKA_MODULUS, &modulus, error) < 0)
		return error_result(error);
	byte = modulus.pValue;
	size = modulus.ulValueLen;
	while (size > 0 && *byte == 0) {
		byte++;
		size--;
	}
	free(modulus.pValue);
	*length = size;
	return 0;
}

int pad_signature(const struct p11_signer *signer, unsigned char *signature, size_t *length, struct error *error)
{
	size_t size = 0;

	if (signer->key->public == NULL && *length > 0 && *length <= SIGNATURE_MAX && *length % 64 == 0)
		return 0;
	if (modulus_size(signer, &size, error) < 0 && template_ends_search(error))
		return error_result(error);
	if (size == 0 && *length <= SIGNATURE_MAX)
		size = *length;
	if (*length == 0 || *length > size || size > SIGNATURE_MAX)
		return error_set(error, ERROR_TOKEN, "C_Sign of token \"%s\" returned %zu bytes for a key of %zu",
				 token_label(signer->session->token), *length, size);
	memmove(signature + (size - *length), signature, *length);
	memset(signature, 0, size - *length);
	*length = size;
	return 0;
}
