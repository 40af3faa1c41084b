/* SPDX-License-Identifier: Apache-2.0 */
/* An RSA signature is as long as the modulus (RFC 8017 section 8.2.1), an ECDSA one twice as long as the order of the
 * curve (RFC 7518 section 3.4). Some modules drop leading zeros, some return DER, some an impossible length. */
#include "p11/key.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
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

static int pad_rsa(const struct p11_signer *signer, unsigned char *signature, size_t *length, struct error *error)
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

/* Converts DER, Ecdsa-Sig-Value of RFC 3279 section 2.2.3, to R and S of `half` bytes each. Returns false if it is not
 * DER. */
static bool from_der(unsigned char *signature, size_t length, size_t half)
{
	const unsigned char *der = signature;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
	bool fits = pair != NULL && der == signature + length &&
		    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, (int)half) > 0 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, (int)half) > 0;

	ECDSA_SIG_free(pair);
	ERR_clear_error();
	return fits;
}

static int pad_ecdsa(const struct p11_signer *signer, unsigned char *signature, size_t *length, struct error *error)
{
	size_t half = ((size_t)alg_info(signer->key->alg)->curve_bits + 7) / 8, got = *length / 2;

	if (*length == 2 * half)
		return 0;
	if (*length <= SIGNATURE_MAX && from_der(signature, *length, half)) {
		*length = 2 * half;
		return 0;
	}
	if (*length == 0 || *length % 2 != 0 || got > half)
		return error_set(error, ERROR_TOKEN, "C_Sign of token \"%s\" returned %zu bytes for a signature of %zu",
				 token_label(signer->session->token), *length, 2 * half);
	memmove(signature + 2 * half - got, signature + got, got);
	memmove(signature + half - got, signature, got);
	memset(signature, 0, half - got);
	memset(signature + half, 0, half - got);
	*length = 2 * half;
	return 0;
}

int pad_signature(const struct p11_signer *signer, unsigned char *signature, size_t *length, struct error *error)
{
	return fit_type(signer->key) == CKK_RSA ? pad_rsa(signer, signature, length, error) :
						     pad_ecdsa(signer, signature, length, error);
}
