/* SPDX-License-Identifier: Apache-2.0 */
/* Objects on a token. Only public attributes are read. */
#include "p11/object.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MOST = 10 }; /* objects that an error lists */
enum { FEW = 16 }; /* room of a search for one key or one id, at most */
enum { VALUE_MAX = 16384 }; /* bytes of an attribute: more than any certificate has */

/* Removes duplicates, which some modules return, and returns how many handles are left. */
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
	if (template_find(session, template, attributes, &rv, error) < 0)
		return error_result(error);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot search token \"%s\"", token_label(token));
	/* By the standard, only a call that returns no object is the last one. In a search for few objects, one that
	 * returns a single object is taken for the last: modules fill the room, or return pages, and a further call for
	 * each search is expensive. */
	do {
		rv = CALL(token->module, C_FindObjects, session->handle, found + *count, room - *count, &got);
		if (rv == CKR_OK && got > room - *count)
			return error_set(error, ERROR_TOKEN,
					 "the module %s is broken: C_FindObjects returned %lu objects, but there is "
					 "room for %zu",
					 token->module->name, got, room - *count);
		if (rv == CKR_OK)
			*count += got;
	} while (rv == CKR_OK && got > 0 && *count < room && (*count > 1 || room > FEW));
	CALL(token->module, C_FindObjectsFinal, session->handle);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot search token \"%s\"", token_label(token));
	*count = distinct(found, *count);
	return 0;
}

int objects_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, CK_KEY_TYPE key_type,
		 CK_OBJECT_HANDLE *found, size_t room, size_t *count, struct error *error)
{
	CK_ATTRIBUTE template[4] = { { CKA_CLASS, &class, sizeof(class) } };
	size_t attributes = 1;

	if (key_type != ANY_KEY_TYPE)
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
	int result;
	CK_RV rv;

	*attribute = (CK_ATTRIBUTE){ type, malloc(VALUE_MAX), VALUE_MAX };
	if (attribute->pValue == NULL) {
		attribute->ulValueLen = 0;
		return error_memory(error);
	}
	result = template_get(session, object, attribute, 1, &rv, error);
	if (result == 0 && rv == CKR_OK && attribute->ulValueLen <= VALUE_MAX)
		return 0;
	free(attribute->pValue);
	attribute->pValue = NULL;
	attribute->ulValueLen = 0;
	if (result < 0 || rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return result;
	return ckr_error(error, ERROR_TOKEN, rv, "cannot read an object on token \"%s\"", token_label(token));
}

/* Whether C_GetAttributeValue may have set the attributes that the object has; the others then have the length -1
 * (PKCS#11 2.40 section 5.7.5). Some modules stop at the first attribute that they do not know, some leave its length
 * unchanged. */
static bool may_have_values(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	       rv == CKR_BUFFER_TOO_SMALL;
}

enum { UNTOUCHED = 0xa5 }; /* no value of a CK_BBOOL that any module has */

/* The value of a flag after C_GetAttributeValue: 1, 0, or -1. */
static int flag_value(const CK_ATTRIBUTE *attribute, CK_BBOOL flag)
{
	return attribute->ulValueLen == sizeof(flag) && flag != UNTOUCHED ? flag != CK_FALSE : -1;
}

int object_flags(const struct session *session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, int *values,
		 size_t count, struct error *error)
{
	enum { MOST = 8 };
	CK_ATTRIBUTE attributes[MOST];
	CK_BBOOL flags[MOST];
	CK_RV rv, alone;

	memset(flags, UNTOUCHED, sizeof(flags));
	for (size_t i = 0; i < count; i++) {
		attributes[i] = (CK_ATTRIBUTE){ types[i], &flags[i], sizeof(flags[i]) };
		values[i] = -1;
	}
	if (template_get(session, object, attributes, count, &rv, error) < 0)
		return error_result(error);
	if (!may_have_values(rv))
		return ckr_error(error, ERROR_TOKEN, rv, "cannot read an object on token \"%s\"",
				 token_label(session->token));
	for (size_t i = 0; i < count; i++) {
		bool untouched = attributes[i].ulValueLen == sizeof(flags[i]) && flags[i] == UNTOUCHED;

		if (rv != CKR_OK && count > 1 && untouched) {
			if (template_get(session, object, &attributes[i], 1, &alone, error) < 0)
				return error_result(error);
			if (alone != CKR_OK)
				continue;
		}
		values[i] = flag_value(&attributes[i], flags[i]);
	}
	return 0;
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
	CK_RV rv;

	*public = NULL;
	*always_authenticate = false;
	if (template_get(session, private, attributes, 3, &rv, error) < 0)
		return error_result(error);
	if (!may_have_values(rv))
		return ckr_error(error, ERROR_TOKEN, rv, "cannot read the key on token \"%s\"",
				 token_label(session->token));
	value = flag_value(&attributes[0], always);
	/* Here an error counts as "no". */
	if (value < 0 && rv != CKR_OK && attributes[0].ulValueLen == sizeof(always))
		(void)object_flags(session, private, &type, &value, 1, error);
	*always_authenticate = value == 1;
	if (rv != CKR_OK)
		return 0;
	for (size_t i = 1; i < 3; i++) {
		/* The length is -1 if the object does not have the attribute. */
		if (attributes[i].ulValueLen == 0 || attributes[i].ulValueLen > SIGNATURE_MAX)
			return 0;
	}
	return public_from_numbers(&attributes[1], &attributes[2], public, error);
}

char *object_uri(const struct session *session, CK_OBJECT_HANDLE object)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	struct error ignored;
	char *uri = NULL;

	if (object_read(session, object, CKA_LABEL, &label, &ignored) == 0 &&
	    object_read(session, object, CKA_ID, &id, &ignored) == 0)
		uri = token_key_uri(session->token, &label, &id);
	free(label.pValue);
	free(id.pValue);
	return uri;
}

void object_name_all(const struct session *session, const CK_OBJECT_HANDLE *objects, size_t count, struct error *error)
{
	for (size_t i = 0; i < count && i < NAMED_MOST; i++) {
		char *uri = object_uri(session, objects[i]);

		error_append(error, "\n  %s", uri != NULL ? uri : "(cannot be read)");
		free(uri);
	}
	if (count > NAMED_MOST)
		error_append(error, "\n  and more");
}
