/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/key-numbers.h"

#include "base/sign.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>

/* An attribute, and OpenSSL's name for it. */
struct number {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
};
static const struct number rsa_public[] = {
	{ CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N },
	{ CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E },
};
static const struct number rsa_private[] = {
	{ CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D }, { CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1 },
	{ CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2 },    { CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1 },
	{ CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2 }, { CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
};
static const struct number ec_private[] = { { CKA_VALUE, OSSL_PKEY_PARAM_PRIV_KEY } };

/* OpenSSL reads files whose numbers are no key, and gives no reason when it is asked for them. */
static int cannot_use(struct error *error)
{
	error_set(error, ERROR_CONFIG, "cannot use the private key in the file: one of its numbers is missing or out "
		  "of range");
	error_hint(error, "check it: openssl pkey -in FILE -noout -check");
	ERR_clear_error();
	return -ERROR_CONFIG;
}

/* Writes a number to `bytes` in big-endian order, with leading zeros. No BIGNUM: its memory would not be locked. */
static int copy_number(EVP_PKEY *key, const char *name, unsigned char *bytes, size_t size, struct error *error)
{
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_BN(name, bytes, size),
		OSSL_PARAM_construct_end(),
	};

	if (EVP_PKEY_get_params(key, parameters) <= 0 || parameters[0].return_size != size)
		return cannot_use(error);
	/* OpenSSL uses the order of the machine. */
	for (size_t i = 0; __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && i < size / 2; i++) {
		unsigned char byte = bytes[i];

		bytes[i] = bytes[size - 1 - i];
		bytes[size - 1 - i] = byte;
	}
	return 0;
}

/* Copies `count` numbers to `bytes`, `size` bytes for each. The number of an EC key keeps its leading zeros, because
 * some tokens expect them; those of an RSA key lose them. */
static int copy_numbers(EVP_PKEY *key, const struct number *numbers, size_t count, bool keep_zeros,
			unsigned char *bytes, size_t size, CK_ATTRIBUTE *attributes, struct error *error)
{
	for (size_t i = 0; i < count; i++, bytes += size) {
		size_t zeros = 0;

		if (copy_number(key, numbers[i].name, bytes, size, error) < 0)
			return error_result(error);
		while (zeros < size && bytes[zeros] == 0)
			zeros++;
		if (zeros == size) /* such as a missing prime */
			return cannot_use(error);
		zeros = keep_zeros ? 0 : zeros;
		attributes[i] = (CK_ATTRIBUTE){ numbers[i].type, bytes + zeros, size - zeros };
	}
	return 0;
}

static int copy_rsa(struct key_numbers *numbers, EVP_PKEY *key, struct error *error)
{
	size_t size = (size_t)EVP_PKEY_get_size(key), count = sizeof(rsa_private) / sizeof(rsa_private[0]);
	unsigned char *bytes = (unsigned char *)secret_extend(numbers->memory, (2 + count) * size);

	if (bytes == NULL)
		return error_memory(error);
	numbers->type = CKK_RSA;
	numbers->alg = ALG_RS256;
	numbers->private_count = count;
	if (copy_numbers(key, rsa_public, 2, false, bytes, size, numbers->public, error) < 0)
		return error_result(error);
	return copy_numbers(key, rsa_private, count, false, bytes + 2 * size, size, numbers->private, error);
}

/* The DER of an octet string that holds the uncompressed point (SEC 1 section 2.3.3), whatever form the file has it
 * in. */
static int copy_point(struct key_numbers *numbers, EVP_PKEY *key, size_t size, struct error *error)
{
	unsigned char point[1 + 2 * SIGNATURE_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
	int length = -1;

	if (copy_number(key, OSSL_PKEY_PARAM_EC_PUB_X, point + 1, size, error) == 0 &&
	    copy_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, point + 1 + size, size, error) == 0 && string != NULL &&
	    ASN1_OCTET_STRING_set(string, point, (int)(1 + 2 * size)))
		length = i2d_ASN1_OCTET_STRING(string, &numbers->point);
	ASN1_OCTET_STRING_free(string);
	if (length < 0)
		return cannot_use(error);
	numbers->public[1] = (CK_ATTRIBUTE){ CKA_EC_POINT, numbers->point, (CK_ULONG)length };
	return 0;
}

CK_ULONG curve_parameters(const char *curve, unsigned char **der)
{
	int length = i2d_ASN1_OBJECT(OBJ_nid2obj(OBJ_sn2nid(alg_info(alg_of_curve(curve))->group)), der);

	return length > 0 ? (CK_ULONG)length : 0;
}

static int copy_ec(struct key_numbers *numbers, EVP_PKEY *key, struct error *error)
{
	char group[64] = "";
	unsigned char *bytes;
	size_t size;

	(void)EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
	numbers->alg = alg_of_curve(group);
	if (numbers->alg == ALG_AUTO)
		return cannot_use(error);
	size = ((size_t)alg_info(numbers->alg)->curve_bits + 7) / 8;
	bytes = (unsigned char *)secret_extend(numbers->memory, size);
	if (bytes == NULL)
		return error_memory(error);
	numbers->type = CKK_EC;
	numbers->private_count = 1;
	numbers->public[0] = (CK_ATTRIBUTE){ .type = CKA_EC_PARAMS };
	numbers->public[0].ulValueLen = curve_parameters(group, &numbers->parameters);
	numbers->public[0].pValue = numbers->parameters;
	if (copy_point(numbers, key, size, error) < 0)
		return error_result(error);
	return copy_numbers(key, ec_private, 1, true, bytes, size, numbers->private, error);
}

int key_numbers_copy(struct key_numbers *numbers, EVP_PKEY *key, struct error *error)
{
	*numbers = (struct key_numbers){ .memory = secret_new(SIGNATURE_MAX) };
	if (numbers->memory == NULL)
		return error_memory(error);
	return EVP_PKEY_is_a(key, "RSA") ? copy_rsa(numbers, key, error) : copy_ec(numbers, key, error);
}

void key_numbers_clear(struct key_numbers *numbers)
{
	secret_free(&numbers->memory);
	OPENSSL_free(numbers->parameters);
	OPENSSL_free(numbers->point);
}
