/* SPDX-License-Identifier: Apache-2.0 */
/* Public EC keys: CKA_EC_PARAMS and CKA_EC_POINT (PKCS#11 2.40, current mechanisms, section 2.3.3). */
#include "p11/object.h"

#include "base/alg.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdlib.h>

const char *curve_name(const CK_ATTRIBUTE *parameters)
{
	const unsigned char *der = parameters->pValue;
	EC_GROUP *group = der != NULL ? d2i_ECPKParameters(NULL, &der, (long)parameters->ulValueLen) : NULL;
	int nid = group != NULL ? EC_GROUP_get_curve_name(group) : NID_undef;

	/* Some cards spell the parameters out. */
	if (group != NULL && nid == NID_undef)
		nid = EC_GROUP_check_named_curve(group, 1, NULL);
	EC_GROUP_free(group);
	ERR_clear_error();
	return nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
}

unsigned curve_bits(const char *name)
{
	enum alg alg = alg_of_curve(name);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(alg != ALG_AUTO ? alg_info(alg)->group : name));
	unsigned bits = group != NULL ? (unsigned)EC_GROUP_get_degree(group) : 0;

	EC_GROUP_free(group);
	ERR_clear_error();
	return bits;
}

/* Whether the attribute is a point itself, which some modules return instead of the OCTET STRING that contains it. Both
 * begin with 4, so only the length tells. */
static bool is_bare(const char *curve, const CK_ATTRIBUTE *point)
{
	size_t coordinate = (curve_bits(curve) + 7) / 8;

	return point->ulValueLen == 1 + 2 * coordinate || point->ulValueLen == 1 + coordinate;
}

int public_from_point(const CK_ATTRIBUTE *parameters, const CK_ATTRIBUTE *point, EVP_PKEY **public,
		      struct error *error)
{
	const char *curve = curve_name(parameters);
	const unsigned char *bytes = point->pValue;
	size_t size = point->ulValueLen;
	ASN1_OCTET_STRING *string = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM values[3] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve, 0) };
	int result = 0;

	*public = NULL;
	if (curve != NULL && !is_bare(curve, point) &&
	    (string = d2i_ASN1_OCTET_STRING(NULL, &bytes, (long)point->ulValueLen)) != NULL) {
		bytes = ASN1_STRING_get0_data(string);
		size = (size_t)ASN1_STRING_length(string);
	}
	values[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (unsigned char *)bytes, size);
	values[2] = OSSL_PARAM_construct_end();
	if (curve != NULL && (context == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
			      EVP_PKEY_fromdata(context, public, EVP_PKEY_PUBLIC_KEY, values) <= 0))
		result = error_openssl(error, ERROR_TOKEN, "the token's public key cannot be used");
	EVP_PKEY_CTX_free(context);
	ASN1_OCTET_STRING_free(string);
	ERR_clear_error();
	return result;
}
