/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on a token: found by template, read attribute by attribute. Only public attributes are ever asked for. */
#include "p11/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 16384 }; /* bytes of an attribute; a certificate with a long chain of extensions stays below */

int objects_match(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, CK_OBJECT_HANDLE *found,
		  size_t room, size_t *count, struct error *error)
{
	const struct token *token = session->token;
	CK_ULONG got = 0;
	CK_RV rv;

	*count = 0;
	rv = CALL(token->module, C_FindObjectsInit, session->handle, template, attributes);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot search token \"%s\"", token_label(token));
	rv = CALL(token->module, C_FindObjects, session->handle, found, room, &got);
	CALL(token->module, C_FindObjectsFinal, session->handle);
	if (rv != CKR_OK || got > room)
		return ckr_error(error, ERROR_TOKEN, rv != CKR_OK ? rv : CKR_GENERAL_ERROR, "cannot search token \"%s\"", token_label(token));
	*count = got;
	return 0;
}

int objects_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, bool rsa,
		 CK_OBJECT_HANDLE *found, size_t room, size_t *count, struct error *error)
{
	CK_KEY_TYPE key_type = CKK_RSA;
	CK_ATTRIBUTE template[4] = { { CKA_CLASS, &class, sizeof(class) } };
	size_t attributes = 1;

	if (rsa)
		template[attributes++] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &key_type, sizeof(key_type) };
	if (uri->has_object)
		template[attributes++] = *p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL);
	if (uri->has_id)
		template[attributes++] = *p11_kit_uri_get_attribute(uri->parsed, CKA_ID);
	return objects_match(session, template, attributes, found, room, count, error);
}

int object_read(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
		CK_ATTRIBUTE *attribute, struct error *error)
{
	const struct token *token = session->token;
	CK_RV rv;

	*attribute = (CK_ATTRIBUTE){ type, malloc(VALUE_MAX), VALUE_MAX };
	if (attribute->pValue == NULL)
		return error_memory(error);
	rv = CALL(token->module, C_GetAttributeValue, session->handle, object, attribute, 1);
	if (rv == CKR_OK && attribute->ulValueLen <= VALUE_MAX)
		return 0;
	free(attribute->pValue);
	attribute->pValue = NULL;
	attribute->ulValueLen = 0;
	if (rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return 0;
	return ckr_error(error, ERROR_TOKEN, rv, "cannot read an object on token \"%s\"", token_label(token));
}

/* Whether C_GetAttributeValue filled in what the object has; the rest then gets a length of -1, or at least not the right one
 * (PKCS#11 2.40 section 5.7.5). */
static bool is_told(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_BUFFER_TOO_SMALL;
}

int object_flags(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, int *values,
		 size_t count, struct error *error)
{
	enum { MOST = 8 };
	CK_ATTRIBUTE attributes[MOST];
	CK_BBOOL flags[MOST] = { CK_FALSE };
	CK_RV rv;

	for (size_t i = 0; i < count; i++)
		attributes[i] = (CK_ATTRIBUTE){ types[i], &flags[i], sizeof(flags[i]) };
	rv = CALL(session->token->module, C_GetAttributeValue, session->handle, object, attributes, count);
	for (size_t i = 0; i < count; i++)
		values[i] = is_told(rv) && attributes[i].ulValueLen == sizeof(CK_BBOOL) ? flags[i] != CK_FALSE : -1;
	if (is_told(rv))
		return 0;
	return ckr_error(error, ERROR_TOKEN, rv, "cannot read an object on token \"%s\"", token_label(session->token));
}

static int rsa_from_numbers(const CK_ATTRIBUTE *modulus, const CK_ATTRIBUTE *exponent, EVP_PKEY **public,
			    struct error *error)
{
	BIGNUM *n = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
	BIGNUM *e = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *parameters = NULL;
	int result = 0;

	*public = NULL;
	if (n == NULL || e == NULL || build == NULL || context == NULL ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) <= 0 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) <= 0 ||
	    (parameters = OSSL_PARAM_BLD_to_param(build)) == NULL || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, public, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
		result = error_openssl(error, ERROR_TOKEN, "the token's public key cannot be used");
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(n);
	BN_free(e);
	return result;
}

/* The public key from an object's modulus and exponent; *public stays NULL when it lacks one. */
static int public_from_key(const struct session *session, CK_OBJECT_HANDLE object, EVP_PKEY **public,
			   struct error *error)
{
	CK_ATTRIBUTE modulus, exponent = { .pValue = NULL };
	int result;

	result = object_read(session, object, CKA_MODULUS, &modulus, error);
	if (result == 0 && modulus.ulValueLen > 0)
		result = object_read(session, object, CKA_PUBLIC_EXPONENT, &exponent, error);
	if (result == 0 && modulus.ulValueLen > 0 && exponent.pValue != NULL && exponent.ulValueLen > 0)
		result = rsa_from_numbers(&modulus, &exponent, public, error);
	free(modulus.pValue);
	free(exponent.pValue);
	return result;
}

int object_signing(const struct session *session, CK_OBJECT_HANDLE private, bool *always_authenticate,
		   EVP_PKEY **public, struct error *error)
{
	static unsigned char modulus[SIGNATURE_MAX], exponent[SIGNATURE_MAX];
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE attributes[] = {
		{ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) },
		{ CKA_MODULUS, modulus, sizeof(modulus) },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
	};
	CK_RV rv = CALL(session->token->module, C_GetAttributeValue, session->handle, private, attributes, 3);

	*public = NULL;
	*always_authenticate = false;
	if (!is_told(rv))
		return ckr_error(error, ERROR_TOKEN, rv, "cannot read the key on token \"%s\"", token_label(session->token));
	*always_authenticate = attributes[0].ulValueLen == sizeof(always) && always != CK_FALSE;
	for (size_t i = 1; i < 3; i++) {
		/* What the object does not have gets the length -1. */
		if (attributes[i].ulValueLen == 0 || attributes[i].ulValueLen > SIGNATURE_MAX)
			return 0;
	}
	return rsa_from_numbers(&attributes[1], &attributes[2], public, error);
}

static int public_from_certificate(const struct session *session, CK_OBJECT_HANDLE object, EVP_PKEY **public,
				   struct error *error)
{
	CK_ATTRIBUTE value;
	const unsigned char *der;
	X509 *certificate;

	if (object_read(session, object, CKA_VALUE, &value, error) < 0)
		return error_result(error);
	der = value.pValue;
	certificate = d2i_X509(NULL, &der, (long)value.ulValueLen);
	if (certificate != NULL)
		*public = X509_get_pubkey(certificate);
	X509_free(certificate);
	free(value.pValue);
	return 0;
}

int object_public(const struct session *session, CK_OBJECT_HANDLE private, EVP_PKEY **public, struct error *error)
{
	static const CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY, CKO_CERTIFICATE };
	CK_ATTRIBUTE id = { .pValue = NULL };
	int result;

	*public = NULL;
	result = public_from_key(session, private, public, error);
	if (result == 0 && *public == NULL)
		result = object_read(session, private, CKA_ID, &id, error);
	for (size_t i = 0; i < 2 && result == 0 && *public == NULL && id.ulValueLen > 0; i++) {
		CK_OBJECT_CLASS class = classes[i];
		CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, id };
		CK_OBJECT_HANDLE found;
		size_t count;

		result = objects_match(session, template, 2, &found, 1, &count, error);
		if (result == 0 && count == 1)
			result = i == 0 ? public_from_key(session, found, public, error) :
					  public_from_certificate(session, found, public, error);
	}
	free(id.pValue);
	if (result == 0 && *public == NULL)
		result = error_set(error, ERROR_TOKEN,
				   "token \"%s\" does not tell the public half of the key: neither the key, nor a public key "
				   "object, nor a certificate with its id",
				   token_label(session->token));
	return result;
}
