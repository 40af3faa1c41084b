/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on a token: found by template, read attribute by attribute. Only public attributes are ever asked for. */
#include "p11/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 16 }; /* objects that a search for one key, or one id, has room for */
enum { VALUE_MAX = 16384 }; /* bytes of an attribute; a certificate with a long chain of extensions stays below */

/* Moves the first of equal handles to the front, and returns how many there are: some modules give one twice. */
static size_t distinct(CK_OBJECT_HANDLE *handles, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t same = 0;

		while (same < kept && handles[same] != handles[i])
			same++;
		if (same == kept)
			handles[kept++] = handles[i];
	}
	return kept;
}

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
	/* By the book only an answer of none is the last one. Where a few are looked for, a single object is taken for all there
	 * is: modules give as many as there is room for, or pages, and a further call for each search would be dear. */
	do {
		rv = CALL(token->module, C_FindObjects, session->handle, found + *count, room - *count, &got);
		if (rv == CKR_OK && got > room - *count)
			rv = CKR_GENERAL_ERROR;
		if (rv == CKR_OK)
			*count += got;
	} while (rv == CKR_OK && got > 0 && *count < room && (*count > 1 || room > FEW));
	CALL(token->module, C_FindObjectsFinal, session->handle);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot search token \"%s\"", token_label(token));
	*count = distinct(found, *count);
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

/* Whether C_GetAttributeValue may have filled in what the object has; the rest then gets a length of -1 (PKCS#11 2.40 section
 * 5.7.5). Modules exist that stop at the first attribute they do not know, and such that leave its length as it came. */
static bool is_told(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_BUFFER_TOO_SMALL;
}

enum { UNTOUCHED = 0xa5 }; /* no value of a CK_BBOOL that any module has */

/* The value of a flag as C_GetAttributeValue left it: 1, 0, or -1. */
static int flag_value(const CK_ATTRIBUTE *attribute, CK_BBOOL flag)
{
	return attribute->ulValueLen == sizeof(flag) && flag != UNTOUCHED ? flag != CK_FALSE : -1;
}

int object_flags(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, int *values,
		 size_t count, struct error *error)
{
	enum { MOST = 8 };
	const struct module *module = session->token->module;
	CK_ATTRIBUTE attributes[MOST];
	CK_BBOOL flags[MOST];
	CK_RV rv;

	memset(flags, UNTOUCHED, sizeof(flags));
	for (size_t i = 0; i < count; i++) {
		attributes[i] = (CK_ATTRIBUTE){ types[i], &flags[i], sizeof(flags[i]) };
		values[i] = -1;
	}
	rv = CALL(module, C_GetAttributeValue, session->handle, object, attributes, count);
	if (!is_told(rv))
		return ckr_error(error, ERROR_TOKEN, rv, "cannot read an object on token \"%s\"", token_label(session->token));
	for (size_t i = 0; i < count; i++) {
		bool untouched = attributes[i].ulValueLen == sizeof(flags[i]) && flags[i] == UNTOUCHED;

		if (rv != CKR_OK && count > 1 && untouched &&
		    CALL(module, C_GetAttributeValue, session->handle, object, &attributes[i], 1) != CKR_OK)
			continue;
		values[i] = flag_value(&attributes[i], flags[i]);
	}
	return 0;
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
	/* Some objects say 0 of what they do not know. */
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
	unsigned char modulus[SIGNATURE_MAX] = { 0 }, exponent[SIGNATURE_MAX] = { 0 };
	static const CK_ATTRIBUTE_TYPE type = CKA_ALWAYS_AUTHENTICATE;
	CK_BBOOL always = UNTOUCHED;
	int value;
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
	value = flag_value(&attributes[0], always);
	/* Here an error counts as "no". */
	if (value < 0 && rv != CKR_OK && attributes[0].ulValueLen == sizeof(always))
		(void)object_flags(session, private, &type, &value, 1, error);
	*always_authenticate = value == 1;
	if (rv != CKR_OK)
		return 0;
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

/* Whether a public key can be that of the private key with this modulus, where it is known: a certificate may be left over from
 * a key that had the same id before. */
static bool has_modulus(const EVP_PKEY *public, const CK_ATTRIBUTE *modulus)
{
	BIGNUM *wanted = NULL, *got = NULL;
	bool same;

	if (modulus->ulValueLen == 0)
		return true;
	wanted = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
	same = wanted != NULL && EVP_PKEY_get_bn_param(public, OSSL_PKEY_PARAM_RSA_N, &got) > 0 &&
	       (BN_is_zero(wanted) || BN_cmp(wanted, got) == 0);
	BN_free(wanted);
	BN_free(got);
	ERR_clear_error();
	return same;
}

/* Looks among the objects that the template finds, of one class, for the public key. What cannot be read is passed over,
 * unless it was lost. */
static int public_from_others(const struct session *session, CK_ATTRIBUTE *template, size_t attributes,
			      const CK_ATTRIBUTE *modulus, EVP_PKEY **public, struct error *error)
{
	enum { MOST = 64 };
	bool is_key = *(CK_OBJECT_CLASS *)template[0].pValue == CKO_PUBLIC_KEY;
	CK_OBJECT_HANDLE found[MOST];
	size_t count;

	if (objects_match(session, template, attributes, found, attributes > 1 ? FEW : MOST, &count, error) < 0)
		return key_is_lost(error) ? error_result(error) : 0;
	for (size_t i = 0; i < count && *public == NULL; i++) {
		int result = is_key ? public_from_key(session, found[i], public, error) :
				      public_from_certificate(session, found[i], public, error);

		if (result < 0 && key_is_lost(error))
			return result;
		if (*public != NULL && !has_modulus(*public, modulus)) {
			EVP_PKEY_free(*public);
			*public = NULL;
		}
	}
	return 0;
}

/* Looks among public keys and certificates: those with the key's id, then, where the modulus is known, those with another
 * id or none. Only public keys can be searched by modulus; certificates are read one by one. */
static int public_from_pair(const struct session *session, CK_ATTRIBUTE id, CK_ATTRIBUTE modulus, EVP_PKEY **public,
			    struct error *error)
{
	CK_OBJECT_CLASS key = CKO_PUBLIC_KEY, certificate = CKO_CERTIFICATE;
	bool has_id = id.ulValueLen > 0, is_known = modulus.ulValueLen > 0;
	struct {
		bool applies;
		size_t attributes;
		CK_ATTRIBUTE template[2];
	} searches[] = {
		{ has_id, 2, { { CKA_CLASS, &key, sizeof(key) }, id } },
		{ has_id, 2, { { CKA_CLASS, &certificate, sizeof(certificate) }, id } },
		{ is_known, 2, { { CKA_CLASS, &key, sizeof(key) }, modulus } },
		{ is_known, 1, { { CKA_CLASS, &certificate, sizeof(certificate) } } },
	};
	int result = 0;

	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]) && result == 0 && *public == NULL; i++) {
		if (searches[i].applies)
			result = public_from_others(session, searches[i].template, searches[i].attributes, &modulus, public, error);
	}
	return result;
}

int object_public(const struct session *session, CK_OBJECT_HANDLE private, EVP_PKEY **public, struct error *error)
{
	CK_ATTRIBUTE id = { .pValue = NULL }, modulus = { .pValue = NULL };
	int result;

	*public = NULL;
	result = public_from_key(session, private, public, error);
	if (*public != NULL)
		return 0;
	/* An error other than a loss is one of this source alone. */
	if ((result == 0 || !key_is_lost(error)) && (result = object_read(session, private, CKA_MODULUS, &modulus, error)) < 0)
		modulus = (CK_ATTRIBUTE){ .pValue = NULL };
	if (result == 0 || !key_is_lost(error))
		result = object_read(session, private, CKA_ID, &id, error);
	if (result == 0)
		result = public_from_pair(session, id, modulus, public, error);
	free(id.pValue);
	free(modulus.pValue);
	if (result == 0 && *public == NULL)
		result = error_set(error, ERROR_TOKEN,
				   "token \"%s\" does not tell the public half of the key: neither the key, nor a public key "
				   "object, nor a certificate of the key",
				   token_label(session->token));
	return result;
}
