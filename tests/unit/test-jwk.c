/* SPDX-License-Identifier: Apache-2.0 */
/* JWKs and thumbprints: the examples of the RFCs, and numbers that begin with zero bytes. */
#include "unit.h"

#include "x509/jwk.h"

#include <cjson/cJSON.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

/* RFC 7638 section 3.1; the same key as in RFC 7517 appendix A.1. */
static const char rfc_n[] = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZ"
			    "CiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZ"
			    "gnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniI"
			    "qbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

/* What the digits of base64url stand for. */
static BIGNUM *number_of(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = strlen(text);
	BIGNUM *number = BN_new();

	for (size_t i = 0; i < length; i++) {
		BN_lshift(number, number, 6);
		BN_add_word(number, (BN_ULONG)(strchr(digits, text[i]) - digits));
	}
	BN_rshift(number, number, (int)(length * 6 % 8));
	return number;
}

static EVP_PKEY *from_data(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	assert_true(EVP_PKEY_fromdata_init(context) > 0);
	assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) > 0);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_of(const char *n)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = number_of(n), *exponent = number_of("AQAB");
	EVP_PKEY *key;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent);
	key = from_data("RSA", build);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

/* An EC key; `size` is that of a coordinate in bytes. */
static EVP_PKEY *ec_of(const char *group, BIGNUM *x, BIGNUM *y, size_t size)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char point[256] = { 4 };
	EVP_PKEY *key;

	assert_int_equal(BN_bn2binpad(x, point + 1, (int)size), size);
	assert_int_equal(BN_bn2binpad(y, point + 1 + size, (int)size), size);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size);
	key = from_data("EC", build);
	BN_free(x);
	BN_free(y);
	return key;
}

static EVP_PKEY *p256_of_hex(const char *x, const char *y)
{
	BIGNUM *numbers[2] = { NULL, NULL };

	BN_hex2bn(&numbers[0], x);
	BN_hex2bn(&numbers[1], y);
	return ec_of("P-256", numbers[0], numbers[1], 32);
}

/* Frees the key, and compares the JWK on one line. */
static void is_jwk(EVP_PKEY *key, enum alg alg, const char *kid, const char *wanted)
{
	struct error error = { 0 };
	cJSON *jwk;
	char *text;

	assert_works(jwk_make(key, alg, kid, &jwk, &error), &error);
	text = cJSON_PrintUnformatted(jwk);
	assert_string_equal(text, wanted);
	cJSON_free(text);
	cJSON_Delete(jwk);
	EVP_PKEY_free(key);
}

static void rsa_is_that_of_the_rfc(void **state)
{
	char wanted[600];

	(void)state;
	snprintf(wanted, sizeof(wanted),
		 "{\"kid\":\"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\",\"use\":\"sig\",\"alg\":\"RS256\","
		 "\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"%s\"}", rfc_n);
	is_jwk(rsa_of(rfc_n), ALG_RS256, NULL, wanted);
}

static void ec_is_that_of_the_rfc(void **state)
{
	static const char x[] = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
	static const char y[] = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

	(void)state; /* RFC 7517 appendix A.1, which has a kid of its own */
	is_jwk(ec_of("P-256", number_of(x), number_of(y), 32), ALG_ES256, "1",
	       "{\"kid\":\"1\",\"use\":\"sig\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"kty\":\"EC\","
	       "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
	       "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}");
}

static void coordinates_keep_their_zeros(void **state)
{
	(void)state; /* 379 times and 43 times the generator of P-256 */
	is_jwk(p256_of_hex("5543894af3d00ed7d740abdbd75c96b06877b787db5f70eea78b90a8d7c00a",
			   "bb4c85a3d8ea29efaafa24406912dd84d5b14dc32bf656ef6c6bd58a5d943f92"), ALG_ES256, "x",
	       "{\"kid\":\"x\",\"use\":\"sig\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"kty\":\"EC\","
	       "\"x\":\"AFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAo\","
	       "\"y\":\"u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I\"}");
	is_jwk(p256_of_hex("986ae2506f1ff104d04230861d8f4b498f4bc4c6d009b30f7544dc129b82d28d",
			   "3cccc0a6460e0ae328a4d97d3c7b61d86fc6289c189f2525110c441bb07e97"), ALG_ES256, "y",
	       "{\"kid\":\"y\",\"use\":\"sig\",\"alg\":\"ES256\",\"crv\":\"P-256\",\"kty\":\"EC\","
	       "\"x\":\"mGriUG8f8QTQQjCGHY9LSY9LxMbQCbMPdUTcEpuC0o0\","
	       "\"y\":\"ADzMwKZGDgrjKKTZfTx7YdhvxiicGJ8lJREMRBuwfpc\"}");
}

/* 66 bytes, of which the first has one bit. */
static void p521_has_66_bytes(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-521");
	struct error error = { 0 };
	cJSON *jwk;

	(void)state;
	assert_works(jwk_make(key, ALG_ES512, NULL, &jwk, &error), &error);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(jwk, "crv")), "P-521");
	assert_int_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(jwk, "x"))), 88);
	assert_int_equal(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(jwk, "y"))), 88);
	cJSON_Delete(jwk);
	EVP_PKEY_free(key);
}

static void others_have_none(void **state)
{
	EVP_PKEY *keys[] = { EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_EC_gen("secp256k1") };
	char thumbprint[JWK_THUMBPRINT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		struct error error = { 0 };
		cJSON *jwk;

		assert_non_null(keys[i]);
		assert_fails(jwk_make(keys[i], ALG_ES256, NULL, &jwk, &error), ERROR_TOKEN, &error);
		assert_null(jwk);
		assert_fails(jwk_make(keys[i], ALG_ES256, "kid", &jwk, &error), ERROR_TOKEN, &error);
		assert_null(jwk);
		assert_fails(jwk_thumbprint(keys[i], thumbprint, &error), ERROR_TOKEN, &error);
		assert_contains(error.text, "neither an RSA key nor an EC key");
		EVP_PKEY_free(keys[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa_is_that_of_the_rfc),
		cmocka_unit_test(ec_is_that_of_the_rfc),
		cmocka_unit_test(coordinates_keep_their_zeros),
		cmocka_unit_test(p521_has_66_bytes),
		cmocka_unit_test(others_have_none),
	};

	return cmocka_run_group_tests_name("jwk", tests, NULL, NULL);
}
