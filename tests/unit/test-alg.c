/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms: the examples of RFC 7515, signatures of each algorithm by OpenSSL, what must not verify, and EMSA-PSS. */
#include "base/alg.h"
#include "p11/mechanism.h"

#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

static const char data[] = "header.claims";
enum { SIZE = sizeof(data) - 1 };

static EVP_PKEY *keys[ALG_COUNT];

static int make_keys(void **state)
{
	EVP_PKEY *rsa = EVP_RSA_gen(2048);

	(void)state;
	for (enum alg alg = ALG_RS256; alg < ALG_COUNT; alg++) {
		if (alg_info(alg)->family == ALG_ECDSA)
			keys[alg] = EVP_EC_gen(alg_info(alg)->curve);
		else
			EVP_PKEY_up_ref(keys[alg] = rsa);
		assert_non_null(keys[alg]);
	}
	EVP_PKEY_free(rsa);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (enum alg alg = ALG_RS256; alg < ALG_COUNT; alg++)
		EVP_PKEY_free(keys[alg]);
	return 0;
}

/* Signs with OpenSSL, in the form of JWS. */
static size_t sign(enum alg alg, unsigned char signature[SIGNATURE_MAX])
{
	const struct alg_info *info = alg_info(alg);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[SIGNATURE_MAX];
	const unsigned char *next = der;
	size_t length = sizeof(der), half = ((size_t)info->curve_bits + 7) / 8;
	EVP_PKEY_CTX *key;
	ECDSA_SIG *pair;

	assert_true(EVP_DigestSignInit_ex(context, &key, info->digest, NULL, NULL, keys[alg], NULL) > 0);
	if (info->family == ALG_PSS) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, (int)info->digest_size) > 0);
	}
	assert_true(EVP_DigestSign(context, der, &length, (const unsigned char *)data, SIZE) > 0);
	EVP_MD_CTX_free(context);
	if (info->family != ALG_ECDSA) {
		memcpy(signature, der, length);
		return length;
	}
	pair = d2i_ECDSA_SIG(NULL, &next, (long)length);
	assert_non_null(pair);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, (int)half) > 0);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, (int)half) > 0);
	ECDSA_SIG_free(pair);
	return 2 * half;
}

static void signatures_verify_with_their_own_key_data_and_algorithm_only(void **state)
{
	(void)state;
	for (enum alg alg = ALG_RS256; alg < ALG_COUNT; alg++) {
		unsigned char signature[SIGNATURE_MAX];
		size_t length = sign(alg, signature);

		for (enum alg other = ALG_RS256; other < ALG_COUNT; other++) {
			bool same_key = keys[other] == keys[alg];

			assert_int_equal(alg_verifies(other, keys[alg], data, SIZE, signature, length), other == alg);
			assert_int_equal(alg_verifies(alg, keys[other], data, SIZE, signature, length), same_key);
		}
		assert_false(alg_verifies(alg, keys[alg], data, SIZE - 1, signature, length));
		assert_false(alg_verifies(alg, keys[alg], data, SIZE, signature, length - 1));
		assert_false(alg_verifies(alg, keys[alg], data, SIZE, signature, length - 2));
		assert_false(alg_verifies(alg, keys[alg], data, SIZE, signature, 0));
		signature[length / 2 - 1] ^= 1;
		assert_false(alg_verifies(alg, keys[alg], data, SIZE, signature, length));
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void a_salt_of_another_length_is_refused(void **state)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[SIGNATURE_MAX];
	size_t length = sizeof(signature);
	EVP_PKEY_CTX *key;

	(void)state;
	assert_true(EVP_DigestSignInit_ex(context, &key, "SHA256", NULL, NULL, keys[ALG_PS256], NULL) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, 20) > 0);
	assert_true(EVP_DigestSign(context, signature, &length, (const unsigned char *)data, SIZE) > 0);
	EVP_MD_CTX_free(context);
	assert_false(alg_verifies(ALG_PS256, keys[ALG_PS256], data, SIZE, signature, length));
}

/* --- RFC 7515 appendices A.3 and A.4 ----------------------------------------------------------------------------- */

static size_t decode(const char *text, unsigned char *bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned value = 0, bits = 0;
	size_t length = 0;

	for (; *text != '\0'; text++) {
		value = value << 6 | (unsigned)(strchr(digits, *text) - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[length++] = (unsigned char)(value >> bits);
		}
	}
	return length;
}

static EVP_PKEY *ec_key(enum alg alg, const char *x, const char *y)
{
	unsigned char point[1 + 2 * 66] = { 4 };
	size_t half = decode(x, point + 1);
	OSSL_PARAM values[3];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(decode(y, point + 1 + half), half);
	values[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)alg_info(alg)->group, 0);
	values[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * half);
	values[2] = OSSL_PARAM_construct_end();
	assert_true(EVP_PKEY_fromdata_init(context) > 0);
	assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, values) > 0);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void examples_of_rfc_7515_verify(void **state)
{
	static const struct {
		enum alg alg;
		const char *x, *y, *data, *signature;
	} examples[] = {
		{ ALG_ES256, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		  "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"
		  "b290Ijp0cnVlfQ",
		  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q" },
		{ ALG_ES512,
		  "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
		  "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
		  "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
		  "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgo"
		  "XD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		EVP_PKEY *key = ec_key(examples[i].alg, examples[i].x, examples[i].y);
		unsigned char signature[SIGNATURE_MAX];
		size_t length = decode(examples[i].signature, signature);

		assert_true(alg_verifies(examples[i].alg, key, examples[i].data, strlen(examples[i].data), signature,
					 length));
		EVP_PKEY_free(key);
	}
}

/* --- EMSA-PSS ---------------------------------------------------------------------------------------------------- */

/* Signs the encoding with the bare RSA operation, as a smartcard does. */
static void encodings_verify_for_keys_of_every_size(void **state)
{
	static const unsigned sizes[] = { 1042, 1043, 1047, 1048, 1049, 1050, 2048 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		EVP_PKEY *key = EVP_RSA_gen(sizes[i]);

		assert_non_null(key);
		for (enum alg alg = ALG_PS256; alg <= ALG_PS512; alg++) {
			unsigned char room[SIGNATURE_MAX], signature[SIGNATURE_MAX];
			struct error error = { 0 };
			size_t length, got = sizeof(signature);
			EVP_PKEY_CTX *raw = EVP_PKEY_CTX_new(key, NULL);
			const void *input;

			assert_works(mechanism_input(alg, INPUT_ENCODED, (int)sizes[i], data, SIZE, room, &input, &length,
						     &error), &error);
			assert_int_equal(length, EVP_PKEY_get_size(key));
			assert_true(EVP_PKEY_sign_init(raw) > 0);
			assert_true(EVP_PKEY_CTX_set_rsa_padding(raw, RSA_NO_PADDING) > 0);
			assert_true(EVP_PKEY_sign(raw, signature, &got, input, length) > 0);
			EVP_PKEY_CTX_free(raw);
			assert_true(alg_verifies(alg, key, data, SIZE, signature, got));
		}
		EVP_PKEY_free(key);
	}
}

static void a_key_too_small_for_pss_is_refused(void **state)
{
	unsigned char room[SIGNATURE_MAX];
	struct error error = { 0 };
	const void *input;
	size_t length;

	(void)state;
	assert_int_equal(mechanism_bits_min(ALG_PS512), 1034);
	assert_fails(mechanism_input(ALG_PS512, INPUT_ENCODED, 1033, data, SIZE, room, &input, &length, &error),
		     ERROR_NO_KEY, &error);
	assert_contains(error.text, "1033 bits cannot make PS512");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_verify_with_their_own_key_data_and_algorithm_only),
		cmocka_unit_test(a_salt_of_another_length_is_refused),
		cmocka_unit_test(examples_of_rfc_7515_verify),
		cmocka_unit_test(encodings_verify_for_keys_of_every_size),
		cmocka_unit_test(a_key_too_small_for_pss_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
