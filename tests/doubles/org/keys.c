/* SPDX-License-Identifier: Apache-2.0 */
/* Registered keys with OpenSSL. Shares no code with the product, so that its values are independent. */
#include "keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

enum { POINT_MAX = 133, NUMBER_MAX = 1024 };

static cJSON *read_json(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	cJSON *json = NULL;

	if (file != NULL && getdelim(&text, &size, '\0', file) > 0)
		json = cJSON_Parse(text);
	if (file != NULL)
		fclose(file);
	free(text);
	return json;
}

/* Decodes a member of a JWK. Returns *length bytes, which the caller frees, or NULL. */
static unsigned char *member_bytes(const cJSON *jwk, const char *name, size_t *length)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(jwk, name));

	return text != NULL ? base64url_decode(text, strlen(text), length) : NULL;
}

static int push_rsa(OSSL_PARAM_BLD *build, const cJSON *jwk, BIGNUM **n, BIGNUM **e)
{
	size_t n_length = 0, e_length = 0;
	unsigned char *n_bytes = member_bytes(jwk, "n", &n_length), *e_bytes = member_bytes(jwk, "e", &e_length);

	if (n_bytes != NULL && e_bytes != NULL) {
		*n = BN_bin2bn(n_bytes, (int)n_length, NULL);
		*e = BN_bin2bn(e_bytes, (int)e_length, NULL);
	}
	free(n_bytes);
	free(e_bytes);
	return *n != NULL && *e != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, *n) == 1 &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, *e) == 1;
}

static int push_ec(OSSL_PARAM_BLD *build, const cJSON *jwk, unsigned char point[POINT_MAX])
{
	const char *curve = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(jwk, "crv"));
	size_t x_length = 0, y_length = 0;
	unsigned char *x = member_bytes(jwk, "x", &x_length), *y = member_bytes(jwk, "y", &y_length);
	int pushed = 0;

	if (curve != NULL && x != NULL && y != NULL && x_length == y_length && 2 * x_length < POINT_MAX) {
		point[0] = 4; /* uncompressed */
		memcpy(point + 1, x, x_length);
		memcpy(point + 1 + x_length, y, y_length);
		pushed = OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
			OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * x_length) == 1;
	}
	free(x);
	free(y);
	return pushed;
}

static EVP_PKEY *from_jwk(const cJSON *jwk)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(jwk, "kty"));
	bool ec = type != NULL && strcmp(type, "EC") == 0;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, ec ? "EC" : "RSA", NULL);
	BIGNUM *n = NULL, *e = NULL;
	unsigned char point[POINT_MAX];
	EVP_PKEY *key = NULL;

	if (build != NULL && context != NULL && (ec ? push_ec(build, jwk, point) : push_rsa(build, jwk, &n, &e)))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL && EVP_PKEY_fromdata_init(context) == 1)
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return key;
}

EVP_PKEY *keys_find(struct org *org, const char *kid)
{
	X509 *certificate = signature_certificate(&org->certificate, org->options->certificate);
	cJSON *jwks = org->options->jwks != NULL ? read_json(org->options->jwks) : NULL;
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(jwks, "keys"), *jwk, *found = NULL;
	EVP_PKEY *key;

	if (jwks == NULL)
		return certificate != NULL ? X509_get_pubkey(certificate) : NULL;
	cJSON_ArrayForEach (jwk, keys) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(jwk, "kid"));

		if (kid != NULL && name != NULL && strcmp(kid, name) == 0)
			found = jwk;
	}
	if (kid == NULL && cJSON_GetArraySize(keys) == 1)
		found = cJSON_GetArrayItem(keys, 0);
	key = found != NULL ? from_jwk(found) : NULL;
	cJSON_Delete(jwks);
	return key;
}

static char *digest_text(const char *digest, const unsigned char *bytes, size_t length, bool url)
{
	unsigned char result[EVP_MAX_MD_SIZE];
	size_t result_length = 0;

	if (bytes == NULL || EVP_Q_digest(NULL, digest, NULL, bytes, length, result, &result_length) != 1)
		return strdup("");
	return base64_encode(result, result_length, url);
}

static char *certificate_value(X509 *certificate, const char *name)
{
	unsigned char *der = NULL;
	int length = certificate != NULL ? i2d_X509(certificate, &der) : 0;
	char *text, *list = NULL;

	if (strcmp(name, "x5c") != 0) {
		text = digest_text(strcmp(name, "x5t") == 0 ? "SHA1" : "SHA256", der, (size_t)length, true);
		OPENSSL_free(der);
		return text;
	}
	text = der != NULL ? base64_encode(der, (size_t)length, false) : NULL;
	OPENSSL_free(der);
	if (text == NULL || asprintf(&list, "[\"%s\"]", text) < 0)
		list = strdup("");
	free(text);
	return list;
}

/* A number of the key in base64url, with the length of the field for points. The caller frees it. */
static char *number_text(const EVP_PKEY *key, const char *name, int length)
{
	BIGNUM *number = NULL;
	unsigned char bytes[NUMBER_MAX];
	char *text = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &number) == 1) {
		int used = length > 0 ? length : BN_num_bytes(number);

		if (used <= NUMBER_MAX && BN_bn2binpad(number, bytes, used) == used)
			text = base64_encode(bytes, (size_t)used, true);
	}
	BN_free(number);
	return text;
}

/* RFC 7638: the required members in the order of their names. */
static char *thumbprint(const EVP_PKEY *key)
{
	bool ec = EVP_PKEY_is_a(key, "EC");
	int bits = EVP_PKEY_get_bits(key), length = ec ? (bits + 7) / 8 : 0;
	char *first = number_text(key, ec ? OSSL_PKEY_PARAM_EC_PUB_X : OSSL_PKEY_PARAM_RSA_E, length);
	char *second = number_text(key, ec ? OSSL_PKEY_PARAM_EC_PUB_Y : OSSL_PKEY_PARAM_RSA_N, length);
	char *json = NULL, *text;
	int made;

	if (ec)
		made = asprintf(&json, "{\"crv\":\"P-%d\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", bits, first, second);
	else
		made = asprintf(&json, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", first, second);
	free(first);
	free(second);
	if (made < 0)
		return strdup("");
	text = digest_text("SHA256", (const unsigned char *)json, strlen(json), true);
	free(json);
	return text;
}

char *keys_value(struct org *org, const char *name, const char *kid)
{
	EVP_PKEY *key;
	unsigned char *der = NULL;
	int length;
	char *text;

	if (name[0] == 'x')
		return certificate_value(signature_certificate(&org->certificate, org->options->certificate), name);
	key = keys_find(org, kid);
	if (key == NULL)
		return strdup("");
	if (strcmp(name, "kid") == 0) {
		text = thumbprint(key);
	} else {
		length = i2d_PUBKEY(key, &der);
		text = digest_text("SHA256", der, length > 0 ? (size_t)length : 0, false);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return text;
}
