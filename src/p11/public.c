/* SPDX-License-Identifier: Apache-2.0 */
/* The public half of a key: from the key object, a public key object, or a certificate. */
#include "p11/object.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { WITH_ID_MOST = 16 }; /* objects with one id that are read */

int public_from_numbers(const CK_ATTRIBUTE *modulus, const CK_ATTRIBUTE *exponent, EVP_PKEY **public,
			struct error *error)
{
	BIGNUM *n = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
	BIGNUM *e = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters = NULL;
	int result = 0;

	*public = NULL;
	/* Some objects have 0 for an unknown number. */
	if (n != NULL && e != NULL && (BN_is_zero(n) || BN_is_zero(e)))
		goto out;
	if (n == NULL || e == NULL || build == NULL || context == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) <= 0 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) <= 0 ||
	    (parameters = OSSL_PARAM_BLD_to_param(build)) == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, public, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
		result = error_openssl(error, ERROR_TOKEN, "the token's public key cannot be used");
out:
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return result;
}

/* Reads two attributes and makes the public key of them; *public stays NULL if the object lacks one. */
static int public_from_two(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE first,
			   CK_ATTRIBUTE_TYPE second,
			   int (*make)(const CK_ATTRIBUTE *, const CK_ATTRIBUTE *, EVP_PKEY **, struct error *),
			   EVP_PKEY **public, struct error *error)
{
	CK_ATTRIBUTE one, other = { .pValue = NULL };
	int result = object_read(session, object, first, &one, error);

	if (result == 0 && one.ulValueLen > 0)
		result = object_read(session, object, second, &other, error);
	if (result == 0 && one.ulValueLen > 0 && other.ulValueLen > 0)
		result = make(&one, &other, public, error);
	free(one.pValue);
	free(other.pValue);
	return result;
}

/* The public key from an RSA object's numbers or an EC object's point; *public stays NULL if it lacks them. */
static int public_from_key(const struct session *session, CK_OBJECT_HANDLE object, CK_KEY_TYPE type, EVP_PKEY **public,
			   struct error *error)
{
	struct error other;
	int result = 0;

	if (type != CKK_EC)
		result = public_from_two(session, object, CKA_MODULUS, CKA_PUBLIC_EXPONENT, public_from_numbers, public,
					 error);
	if (type == CKK_RSA || *public != NULL || (result < 0 && template_ends_search(error)))
		return result;
	if (public_from_two(session, object, CKA_EC_PARAMS, CKA_EC_POINT, public_from_point, public, &other) < 0 &&
	    (result == 0 || template_ends_search(&other))) {
		*error = other;
		return error_result(error);
	}
	return *public != NULL ? 0 : result;
}

int object_x509(const struct session *session, CK_OBJECT_HANDLE object, X509 **certificate, struct error *error)
{
	CK_ATTRIBUTE value;
	const unsigned char *der;

	*certificate = NULL;
	if (object_read(session, object, CKA_VALUE, &value, error) < 0)
		return error_result(error);
	der = value.pValue;
	if (der != NULL)
		*certificate = d2i_X509(NULL, &der, (long)value.ulValueLen);
	ERR_clear_error();
	free(value.pValue);
	return 0;
}

static int public_from_certificate(const struct session *session, CK_OBJECT_HANDLE object, EVP_PKEY **public,
				   struct error *error)
{
	X509 *certificate;

	if (object_x509(session, object, &certificate, error) < 0)
		return error_result(error);
	if (certificate != NULL)
		*public = X509_get_pubkey(certificate);
	X509_free(certificate);
	return 0;
}

int object_half(const struct session *session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE object, EVP_PKEY **half,
		struct error *error)
{
	*half = NULL;
	return class == CKO_CERTIFICATE ? public_from_certificate(session, object, half, error) :
					  public_from_key(session, object, ANY_KEY_TYPE, half, error);
}

/* Whether a public key may belong to the private key with this modulus or curve, or to any if neither is known: a
 * certificate may be left from an earlier key with the same id. */
static bool may_belong(const EVP_PKEY *public, const CK_ATTRIBUTE *shown)
{
	BIGNUM *wanted = NULL, *got = NULL;
	const char *curve;
	char group[64];
	bool same;

	if (shown->ulValueLen == 0)
		return true;
	if (shown->type == CKA_EC_PARAMS) {
		curve = curve_name(shown);
		return EVP_PKEY_is_a(public, "EC") &&
		       (curve == NULL || (EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) > 0 &&
					  strcmp(group, curve) == 0));
	}
	wanted = BN_bin2bn(shown->pValue, (int)shown->ulValueLen, NULL);
	same = wanted != NULL && EVP_PKEY_get_bn_param(public, OSSL_PKEY_PARAM_RSA_N, &got) > 0 &&
	       (BN_is_zero(wanted) || BN_cmp(wanted, got) == 0);
	BN_free(wanted);
	BN_free(got);
	ERR_clear_error();
	return same;
}

/* Looks for the public key in the objects that the template matches, which are of one class. Skips objects that cannot
 * be read, except after a loss. */
static int public_from_others(const struct session *session, CK_ATTRIBUTE *template, size_t attributes,
			      CK_KEY_TYPE type, const CK_ATTRIBUTE *shown, EVP_PKEY **public, struct error *error)
{
	enum { MOST = 64 };
	bool is_key = *(CK_OBJECT_CLASS *)template[0].pValue == CKO_PUBLIC_KEY;
	size_t room = attributes > 1 ? WITH_ID_MOST : MOST, count;
	CK_OBJECT_HANDLE found[MOST];

	if (objects_match(session, template, attributes, found, room, &count, error) < 0)
		return template_ends_search(error) ? error_result(error) : 0;
	for (size_t i = 0; i < count && *public == NULL; i++) {
		int result = is_key ? public_from_key(session, found[i], type, public, error) :
				      public_from_certificate(session, found[i], public, error);

		if (result < 0 && template_ends_search(error))
			return result;
		if (*public != NULL && !may_belong(*public, shown)) {
			EVP_PKEY_free(*public);
			*public = NULL;
		}
	}
	return 0;
}

/* Looks for the public key in public key objects and certificates: first in those with the key's id, then, if the
 * modulus is known, in the others. Public keys can be searched by modulus; certificates are read one by one. */
static int public_from_pair(const struct session *session, CK_KEY_TYPE type, CK_ATTRIBUTE id, CK_ATTRIBUTE shown,
			    EVP_PKEY **public, struct error *error)
{
	CK_OBJECT_CLASS key = CKO_PUBLIC_KEY, certificate = CKO_CERTIFICATE;
	bool has_id = id.ulValueLen > 0, is_unique = shown.ulValueLen > 0 && shown.type == CKA_MODULUS;
	struct {
		bool applies;
		size_t attributes;
		CK_ATTRIBUTE template[2];
	} searches[] = {
		{ has_id, 2, { { CKA_CLASS, &key, sizeof(key) }, id } },
		{ has_id, 2, { { CKA_CLASS, &certificate, sizeof(certificate) }, id } },
		{ is_unique, 2, { { CKA_CLASS, &key, sizeof(key) }, shown } },
		{ is_unique, 1, { { CKA_CLASS, &certificate, sizeof(certificate) } } },
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]) && result == 0 && *public == NULL; i++) {
		if (searches[i].applies)
			result = public_from_others(session, searches[i].template, searches[i].attributes, type,
						    &shown, public, error);
	}
	return result;
}

int object_public(const struct session *session, CK_OBJECT_HANDLE private, CK_KEY_TYPE type, EVP_PKEY **public,
		  struct error *error)
{
	CK_ATTRIBUTE id = { .pValue = NULL }, shown = { .pValue = NULL };
	int result;

	*public = NULL;
	result = public_from_key(session, private, type, public, error);
	if (*public != NULL)
		return 0;
	/* An error that is not a loss concerns this object only. */
	if ((result == 0 || !template_ends_search(error)) &&
	    (result = object_read(session, private, type == CKK_EC ? CKA_EC_PARAMS : CKA_MODULUS, &shown, error)) < 0)
		shown = (CK_ATTRIBUTE){ .pValue = NULL };
	if (result == 0 || !template_ends_search(error))
		result = object_read(session, private, CKA_ID, &id, error);
	if (result == 0)
		result = public_from_pair(session, type, id, shown, public, error);
	free(id.pValue);
	free(shown.pValue);
	if (result == 0 && *public == NULL)
		result = error_set(error, ERROR_TOKEN,
				   "token \"%s\" does not show the public half of the key: neither the key, nor a "
				   "public key object, nor a certificate has it",
				   token_label(session->token));
	return result;
}
