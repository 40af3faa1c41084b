/* SPDX-License-Identifier: Apache-2.0 */
/* The jwt room: what stands in an assertion, byte by byte, and what is signed. */
#include "rsa.h"
#include "unit.h"

#include "jwt/jwt.h"

#include <cjson/cJSON.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

/* --- header and claims ------------------------------------------------------------------------------------------- */

/* Parses the extras, NAME and what a user writes, and compares the claims after those that the program sets. */
static void expect_extras(const char *const (*texts)[2], size_t count, const char *expected, int line)
{
	struct jwt_extra extras[8];
	const struct jwt_params params = { .alg = ALG_RS256, .iss = "i", .sub = "s", .aud = "a", .exp = 1, .claims = extras,
					   .claim_count = count };
	struct error error = { 0 };
	char whole[512], *json;
	cJSON *parsed;

	for (size_t i = 0; i < count; i++)
		unit_works(jwt_extra_parse(&extras[i], JWT_CLAIM, texts[i][0], texts[i][1], &error), &error, __FILE__, line);
	snprintf(whole, sizeof(whole), "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":1%s}", expected);
	unit_works(jwt_claims(&params, &json, &error), &error, __FILE__, line);
	_assert_string_equal(json, whole, __FILE__, line);
	parsed = cJSON_Parse(json);
	assert_non_null(parsed);
	cJSON_Delete(parsed);
	free(json);
	for (size_t i = 0; i < count; i++)
		free((char *)extras[i].json);
}
#define assert_extra(name, json, expected) \
	expect_extras(&(const char *const[2]){ (name), (json) }, 1, (expected), __LINE__)

static void header_is_rs256_and_what_was_asked_for(void **state)
{
	const struct jwt_extra extras[] = {
		{ .name = "kid", .json = "2024" }, { .name = "typ", .json = "\"JWT\"" }, { .name = "kid", .json = "\"k\"" },
	};
	struct jwt_params params = { .alg = ALG_RS256, .iss = "i", .sub = "s", .aud = "a", .exp = 1, .jti = "j" };
	struct error error = { 0 };
	char *json;

	(void)state;
	assert_works(jwt_header(&params, &json, &error), &error);
	assert_string_equal(json, "{\"alg\":\"RS256\"}");
	free(json);
	params.headers = extras;
	params.header_count = COUNT(extras);
	assert_works(jwt_header(&params, &json, &error), &error);
	assert_string_equal(json, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"k\"}");
	free(json);
}

static void claims_stand_in_order_and_are_escaped(void **state)
{
	const struct jwt_extra extras[] = { { .name = "b", .json = "1" }, { .name = "a", .json = "2" } };
	const struct jwt_params params = {
		.alg = ALG_RS256,
		.iss = "3MVG9\"\\", .sub = "ü@example.com", .aud = "https://x.my.salesforce.com", .exp = 4102444800,
		.jti = "A-_", .claims = extras, .claim_count = COUNT(extras),
	};
	struct error error = { 0 };
	char *json;

	(void)state;
	assert_works(jwt_claims(&params, &json, &error), &error);
	assert_string_equal(json, "{\"iss\":\"3MVG9\\\"\\\\\",\"sub\":\"ü@example.com\","
				  "\"aud\":\"https://x.my.salesforce.com\",\"exp\":4102444800,\"jti\":\"A-_\",\"b\":1,\"a\":2}");
	free(json);
}

static void what_is_not_set_is_left_out(void **state)
{
	struct jwt_params params = { .alg = ALG_RS256, .exp = 1000, .iat = 940, .nbf = 1005, .has_iat = true };
	struct error error = { 0 };
	char *json;

	(void)state;
	assert_works(jwt_claims(&params, &json, &error), &error);
	assert_string_equal(json, "{\"iat\":940,\"exp\":1000}");
	free(json);
	params.iss = "i";
	params.has_nbf = true;
	params.has_iat = false;
	assert_works(jwt_claims(&params, &json, &error), &error);
	assert_string_equal(json, "{\"iss\":\"i\",\"nbf\":1005,\"exp\":1000}");
	free(json);
}

/* exp beyond 2038 must be an integer still, and not 2147483647 or 4.1e9. */
static void exp_is_an_integer_at_any_time(void **state)
{
	static const int64_t times[] = { 0, 1300819380, 2147483647, 2147483648, 4294967296, 253402300799 };
	struct error error = { 0 };
	char expected[96], *json;

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		const struct jwt_params params = { .alg = ALG_RS256, .iss = "i", .sub = "s", .aud = "a", .exp = times[i] };

		snprintf(expected, sizeof(expected), "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":\"a\",\"exp\":%lld}",
			 (long long)times[i]);
		assert_works(jwt_claims(&params, &json, &error), &error);
		assert_string_equal(json, expected);
		free(json);
	}
}

static void values_are_json_or_bare_words(void **state)
{
	(void)state;
	assert_extra("x", "word", ",\"x\":\"word\"");
	assert_extra("x", "a \"b\" \\", ",\"x\":\"a \\\"b\\\" \\\\\"");
	assert_extra("x", "https://a/{b}", ",\"x\":\"https://a/{b}\"");
	assert_extra("x", "1 2", ",\"x\":\"1 2\"");
	assert_extra("x", "\"5\"", ",\"x\":\"5\"");
	assert_extra("x", "true", ",\"x\":true");
	assert_extra("x", "null", ",\"x\":null");
	assert_extra("x", " { \"a b\" : [ 1 , \"c  d\" ] } ", ",\"x\":{\"a b\":[1,\"c  d\"]}");
	assert_extra("ключ \"q\"", "ü", ",\"ключ \\\"q\\\"\":\"ü\"");
	assert_extra("x", "\"\\u00fc\\n\"", ",\"x\":\"\\u00fc\\n\"");
}

static void numbers_keep_every_digit(void **state)
{
	(void)state;
	assert_extra("x", "12345678901234567890", ",\"x\":12345678901234567890");
	assert_extra("x", "0.10", ",\"x\":0.10");
	assert_extra("x", "-1.5E+300", ",\"x\":-1.5E+300");
	assert_extra("x", "[1.0,9007199254740993]", ",\"x\":[1.0,9007199254740993]");
}

/* No JSON numbers, though strtod and with it cJSON take them: raw, they would make the claims unreadable for the org. */
static void numbers_that_are_not_json_are_words(void **state)
{
	(void)state;
	assert_extra("x", "007", ",\"x\":\"007\"");
	assert_extra("x", "-01", ",\"x\":\"-01\"");
	assert_extra("x", "1.", ",\"x\":\"1.\"");
	assert_extra("x", "-.5", ",\"x\":\"-.5\"");
}

/* cJSON_Minify takes the end of such a string for an escaped quote. */
static void strings_that_end_in_a_backslash_keep_what_follows(void **state)
{
	(void)state;
	assert_extra("x", "[\"a\\\\\", \"b c\"]", ",\"x\":[\"a\\\\\",\"b c\"]");
	assert_extra("x", "{\"p\":\"C:\\\\\", \"q\":\"// x\"}", ",\"x\":{\"p\":\"C:\\\\\",\"q\":\"// x\"}");
}

static void last_of_a_name_wins(void **state)
{
	static const char *const extras[][2] = { { "x", "1" }, { "y", "2" }, { "x", "word" }, { "X", "3" } };

	(void)state;
	expect_extras(extras, COUNT(extras), ",\"y\":2,\"x\":\"word\",\"X\":3", __LINE__);
}

static void what_the_program_sets_cannot_be_set(void **state)
{
	static const struct {
		const char *name, *hint;
	} claims[] = { { "iss", "--client-id" }, { "sub", "--username" }, { "aud", "--audience" },
		       { "exp", "--lifetime" },	 { "jti", "--no-jti" } };
	struct jwt_extra extra;
	struct error error = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(claims); i++) {
		assert_fails(jwt_extra_parse(&extra, JWT_CLAIM_NOT_JTI, claims[i].name, "x", &error), ERROR_CONFIG, &error);
		assert_null(extra.json);
		assert_contains(error.text, claims[i].name);
		assert_contains(error.hint, claims[i].hint);
		assert_fails(jwt_allows(JWT_CLAIM_NOT_JTI, claims[i].name, &error), ERROR_CONFIG, &error);
		assert_works(jwt_allows(JWT_HEADER, claims[i].name, &error), &error);
	}
	assert_fails(jwt_extra_parse(&extra, JWT_HEADER, "alg", "none", &error), ERROR_CONFIG, &error);
	assert_contains(error.hint, "--alg");
	assert_works(jwt_allows(JWT_CLAIM_NOT_JTI, "alg", &error), &error);
	assert_extra("jti", "mine", ",\"jti\":\"mine\""); /* if the program sets none */
	assert_extra("Exp", "1", ",\"Exp\":1");
	assert_fails(jwt_allows(JWT_CLAIM, "", &error), ERROR_CONFIG, &error);
}

static void kid_is_a_string(void **state)
{
	static const char *const texts[][2] = { { "12345678", "\"12345678\"" }, { "12e3", "\"12e3\"" }, { "\"1\"", "\"1\"" } };
	struct error error = { 0 };
	struct jwt_extra extra;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_works(jwt_extra_parse(&extra, JWT_HEADER, "kid", texts[i][0], &error), &error);
		assert_string_equal(extra.json, texts[i][1]);
		free((char *)extra.json);
	}
	assert_works(jwt_extra_parse(&extra, JWT_HEADER, "other", "1", &error), &error);
	assert_string_equal(extra.json, "1");
	free((char *)extra.json);
	assert_extra("kid", "1", ",\"kid\":1"); /* a claim */
}

static void broken_json_is_refused(void **state)
{
	static const char *const broken[] = { "{\"a\":1", "[1,]", "{a:1}", "\"open", "{} {}", "[1] x", "\"\\x\"",
					      "[01]", "{\"a\":1.}" };
	struct error error = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct jwt_extra extra;

		assert_fails(jwt_extra_parse(&extra, JWT_CLAIM, "role", broken[i], &error), ERROR_CONFIG, &error);
		assert_contains(error.text, "claim role");
		assert_fails(jwt_extra_parse(&extra, JWT_HEADER, "role", broken[i], &error), ERROR_CONFIG, &error);
		assert_contains(error.text, "header field role");
	}
}

/* --- signing ----------------------------------------------------------------------------------------------------- */

struct fake {
	char seen[256];
	int result;
};

static int sign_fake(void *context, const void *data, size_t size, unsigned char *signature, size_t *length,
		     struct error *error)
{
	struct fake *fake = context;

	assert_true(size < sizeof(fake->seen));
	memcpy(fake->seen, data, size);
	fake->seen[size] = '\0';
	memset(signature, 0xfb, SIGNATURE_MAX); /* there is that much room */
	*length = 4;
	return fake->result == 0 ? 0 : error_set(error, (enum error_class) - fake->result, "pulled");
}

static void signing_input_is_header_dot_claims(void **state)
{
	struct fake fake = { .result = 0 };
	struct error error = { 0 };
	struct secret *assertion = secret_new(100);

	(void)state;
	assert_works(jwt_sign("{\"alg\":\"RS256\"}", "{\"a\":1}", sign_fake, &fake, assertion, &error), &error);
	assert_string_equal(fake.seen, "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ");
	assert_string_equal(secret_data(assertion), "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.-_v7-w");
	assert_int_equal(secret_length(assertion), strlen(secret_data(assertion)));
	/* The same memory again: nothing of before is left. */
	assert_works(jwt_sign("{}", "{}", sign_fake, &fake, assertion, &error), &error);
	assert_string_equal(secret_data(assertion), "e30.e30.-_v7-w");
	secret_free(&assertion);
}

static void failure_to_sign_passes_through(void **state)
{
	struct fake fake = { .result = -ERROR_PIN };
	struct secret *assertion = secret_new(100);
	struct error error = { 0 };

	(void)state;
	assert_fails(jwt_sign("{}", "{}", sign_fake, &fake, assertion, &error), ERROR_PIN, &error);
	assert_string_equal(error.text, "pulled");
	assert_int_equal(secret_length(assertion), 0);
	secret_free(&assertion);
}

/* The bytes of base64url text, by OpenSSL's decoder. */
static size_t decode(const char *text, unsigned char *bytes)
{
	size_t length = strlen(text), padding = (4 - length % 4) % 4;
	char copy[1024];
	int decoded;

	assert_true(length + padding < sizeof(copy));
	snprintf(copy, sizeof(copy), "%s%.*s", text, (int)padding, "===");
	for (char *c = copy; *c != '\0'; c++)
		*c = (char)(*c == '-' ? '+' : *c == '_' ? '/' : *c);
	decoded = EVP_DecodeBlock(bytes, (unsigned char *)copy, (int)(length + padding));
	assert_true(decoded > 0);
	return (size_t)decoded - padding;
}

static BIGNUM *number(const char *text)
{
	unsigned char bytes[1024];
	BIGNUM *number = BN_bin2bn(bytes, (int)decode(text, bytes), NULL);

	assert_non_null(number);
	return number;
}

/* The key of RFC 7515 appendix A.2. */
static EVP_PKEY *rfc_key(void)
{
	BIGNUM *n = number("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
			   "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
			   "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
			   "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ");
	BIGNUM *e = number("AQAB");
	BIGNUM *d = number("Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46su"
			   "i395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4"
			   "qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB"
			   "4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ");
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters;
	EVP_PKEY *key = NULL;

	assert_true(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) > 0);
	assert_true(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) > 0);
	assert_true(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_D, d) > 0);
	parameters = OSSL_PARAM_BLD_to_param(builder);
	assert_true(EVP_PKEY_fromdata_init(context) > 0);
	assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) > 0);
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	BN_free(d);
	return key;
}

static void assertion_is_that_of_rfc_7515_a_2(void **state)
{
	EVP_PKEY *key = rfc_key();
	struct error error = { 0 };
	struct secret *assertion = secret_new(100);

	(void)state;
	assert_works(jwt_sign("{\"alg\":\"RS256\"}",
			      "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}", rsa_sign, key,
			      assertion, &error), &error);
	assert_string_equal(secret_data(assertion),
			    "eyJhbGciOiJSUzI1NiJ9"
			    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
			    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
			    "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
			    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
			    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
	secret_free(&assertion);
	EVP_PKEY_free(key);
}

/* What an org does: takes the compact form apart and verifies it. The key is long, for the longest signatures in use. */
static void assertion_verifies_from_its_compact_form(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(4096);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	struct error error = { 0 };
	struct secret *assertion = secret_new(100);
	unsigned char signature[1024];
	const char *text, *dot;

	(void)state;
	assert_works(jwt_sign("{\"alg\":\"RS256\"}", "{\"iss\":\"i\"}", rsa_sign, key, assertion, &error), &error);
	text = secret_data(assertion);
	dot = strrchr(text, '.');
	assert_non_null(dot);
	assert_int_equal(decode(dot + 1, signature), 512);
	assert_true(EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key) > 0);
	assert_int_equal(EVP_DigestVerify(digest, signature, 512, (const unsigned char *)text, (size_t)(dot - text)), 1);
	EVP_MD_CTX_free(digest);
	secret_free(&assertion);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_rs256_and_what_was_asked_for),
		cmocka_unit_test(claims_stand_in_order_and_are_escaped),
		cmocka_unit_test(what_is_not_set_is_left_out),
		cmocka_unit_test(exp_is_an_integer_at_any_time),
		cmocka_unit_test(values_are_json_or_bare_words),
		cmocka_unit_test(numbers_keep_every_digit),
		cmocka_unit_test(numbers_that_are_not_json_are_words),
		cmocka_unit_test(strings_that_end_in_a_backslash_keep_what_follows),
		cmocka_unit_test(last_of_a_name_wins),
		cmocka_unit_test(what_the_program_sets_cannot_be_set),
		cmocka_unit_test(kid_is_a_string),
		cmocka_unit_test(broken_json_is_refused),
		cmocka_unit_test(signing_input_is_header_dot_claims),
		cmocka_unit_test(failure_to_sign_passes_through),
		cmocka_unit_test(assertion_is_that_of_rfc_7515_a_2),
		cmocka_unit_test(assertion_verifies_from_its_compact_form),
	};

	return cmocka_run_group_tests_name("jwt", tests, NULL, NULL);
}
