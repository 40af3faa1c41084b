/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/jwk.h"

#include "base/base64url.h"

#include <cjson/cJSON.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

enum {
	NUMBER_MAX = 2048, /* bytes: RSA up to 16384 bits */
	BASE64URL_MAX = (NUMBER_MAX * 4 + 2) / 3,
};

/* Adds a number of the key in base64url: padded to `size` bytes, or in as few as it needs if that is 0. */
static bool add_number(cJSON *jwk, const char *name, EVP_PKEY *public, const char *parameter, size_t size)
{
	unsigned char bytes[NUMBER_MAX];
	char text[BASE64URL_MAX + 1];
	BIGNUM *number = NULL;
	bool added = false;

	if (EVP_PKEY_get_bn_param(public, parameter, &number) > 0) {
		size = size > 0 ? size : (size_t)BN_num_bytes(number);
		if (size <= NUMBER_MAX && BN_bn2binpad(number, bytes, (int)size) == (int)size) {
			base64url_encode(bytes, size, text);
			added = cJSON_AddStringToObject(jwk, name, text) != NULL;
		}
	}
	BN_free(number);
	return added;
}

/* The curve's algorithm, which has the curve's name and size; NULL if JWS has none. */
static const struct alg_info *find_curve(EVP_PKEY *public)
{
	char group[80];
	enum alg alg = ALG_AUTO;

	if (EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) > 0)
		alg = alg_of_curve(group);
	return alg != ALG_AUTO ? alg_info(alg) : NULL;
}

/* Adds what makes the key: the members that a thumbprint covers, in its order, which is the alphabet's (RFC 7638
 * section 3.3). */
static int add_key(cJSON *jwk, EVP_PKEY *public, struct error *error)
{
	const struct alg_info *curve;
	size_t size;
	bool added;

	if (EVP_PKEY_is_a(public, "RSA")) {
		added = add_number(jwk, "e", public, OSSL_PKEY_PARAM_RSA_E, 0) &&
			cJSON_AddStringToObject(jwk, "kty", "RSA") != NULL &&
			add_number(jwk, "n", public, OSSL_PKEY_PARAM_RSA_N, 0);
	} else if (EVP_PKEY_is_a(public, "EC") && (curve = find_curve(public)) != NULL) {
		size = ((size_t)curve->curve_bits + 7) / 8;
		added = cJSON_AddStringToObject(jwk, "crv", curve->curve) != NULL &&
			cJSON_AddStringToObject(jwk, "kty", "EC") != NULL &&
			add_number(jwk, "x", public, OSSL_PKEY_PARAM_EC_PUB_X, size) &&
			add_number(jwk, "y", public, OSSL_PKEY_PARAM_EC_PUB_Y, size);
	} else {
		return error_set(error, ERROR_TOKEN, "the key has no JWK: it is neither an RSA key nor an EC key on "
						     "P-256, P-384 or P-521");
	}
	if (added)
		return 0;
	return ERR_peek_error() != 0 ? error_openssl(error, ERROR_TOKEN, "the public key cannot be written as a JWK") :
				       error_memory(error);
}

int jwk_thumbprint(EVP_PKEY *public, char thumbprint[JWK_THUMBPRINT_SIZE], struct error *error)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	cJSON *jwk = cJSON_CreateObject();
	char *text = NULL;
	int result = jwk != NULL ? add_key(jwk, public, error) : error_memory(error);

	if (result == 0) {
		text = cJSON_PrintUnformatted(jwk);
		if (text == NULL)
			result = error_memory(error);
		else if (EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) <= 0)
			result = error_openssl(error, ERROR_UNEXPECTED, "cannot compute the thumbprint");
		else
			base64url_encode(digest, sizeof(digest), thumbprint);
	}
	cJSON_free(text);
	cJSON_Delete(jwk);
	return result;
}

int jwk_make(EVP_PKEY *public, enum alg alg, const char *kid, struct cJSON **jwk, struct error *error)
{
	char thumbprint[JWK_THUMBPRINT_SIZE];
	int result = kid == NULL ? jwk_thumbprint(public, thumbprint, error) : 0;

	*jwk = NULL;
	if (result < 0)
		return result;
	*jwk = cJSON_CreateObject();
	if (*jwk == NULL || cJSON_AddStringToObject(*jwk, "kid", kid != NULL ? kid : thumbprint) == NULL ||
	    cJSON_AddStringToObject(*jwk, "use", "sig") == NULL ||
	    cJSON_AddStringToObject(*jwk, "alg", alg_info(alg)->name) == NULL)
		result = error_memory(error);
	if (result == 0)
		result = add_key(*jwk, public, error);
	if (result < 0) {
		cJSON_Delete(*jwk);
		*jwk = NULL;
	}
	return result;
}
