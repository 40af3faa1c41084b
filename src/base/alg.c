/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alg.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <string.h>

static const struct alg_info infos[ALG_COUNT] = {
	[ALG_RS256] = { "RS256", ALG_PKCS1, "SHA256", 32, NULL, NULL, 0 },
	[ALG_RS384] = { "RS384", ALG_PKCS1, "SHA384", 48, NULL, NULL, 0 },
	[ALG_RS512] = { "RS512", ALG_PKCS1, "SHA512", 64, NULL, NULL, 0 },
	[ALG_PS256] = { "PS256", ALG_PSS, "SHA256", 32, NULL, NULL, 0 },
	[ALG_PS384] = { "PS384", ALG_PSS, "SHA384", 48, NULL, NULL, 0 },
	[ALG_PS512] = { "PS512", ALG_PSS, "SHA512", 64, NULL, NULL, 0 },
	[ALG_ES256] = { "ES256", ALG_ECDSA, "SHA256", 32, "P-256", "prime256v1", 256 },
	[ALG_ES384] = { "ES384", ALG_ECDSA, "SHA384", 48, "P-384", "secp384r1", 384 },
	[ALG_ES512] = { "ES512", ALG_ECDSA, "SHA512", 64, "P-521", "secp521r1", 521 },
};

const struct alg_info *alg_info(enum alg alg)
{
	return &infos[alg];
}

enum alg alg_of_curve(const char *name)
{
	for (enum alg alg = ALG_ES256; alg <= ALG_ES512; alg++) {
		if (strcmp(name, infos[alg].group) == 0 || strcmp(name, infos[alg].curve) == 0)
			return alg;
	}
	return ALG_AUTO;
}

size_t alg_ecdsa_der(const unsigned char *signature, size_t length, unsigned char der[ALG_ECDSA_DER_MAX])
{
	size_t half = length / 2;
	BIGNUM *r = BN_bin2bn(signature, (int)half, NULL), *s = BN_bin2bn(signature + half, (int)half, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int size = 0;

	if (r != NULL && s != NULL && pair != NULL && ECDSA_SIG_set0(pair, r, s) > 0) {
		r = s = NULL; /* pair owns them */
		size = i2d_ECDSA_SIG(pair, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return size > 0 ? (size_t)size : 0;
}
