/* SPDX-License-Identifier: Apache-2.0 */
/* Modules get copies of templates, with a guard after each value: a module that changes the template or writes beyond
 * the room is named here, instead of crashing the program somewhere else. */
#include "p11/object.h"

#include "base/message.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEMPLATE_MOST = 8, /* attributes */
	GUARD = 256,       /* bytes after each value that must not change */
	GUARD_BYTE = 0x5a,
};

static const char *attribute_name(CK_ATTRIBUTE_TYPE type)
{
#define NAME(type) { type, #type }
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} names[] = {
		NAME(CKA_CLASS),
		NAME(CKA_LABEL),
		NAME(CKA_ID),
		NAME(CKA_KEY_TYPE),
		NAME(CKA_MODULUS),
		NAME(CKA_PUBLIC_EXPONENT),
		NAME(CKA_VALUE),
		NAME(CKA_EC_PARAMS),
		NAME(CKA_EC_POINT),
		NAME(CKA_ALWAYS_AUTHENTICATE),
		NAME(CKA_LOCAL),
		NAME(CKA_SENSITIVE),
		NAME(CKA_EXTRACTABLE),
		NAME(CKA_NEVER_EXTRACTABLE),
		NAME(CKA_SIGN),
		NAME(CKA_SIGN_RECOVER),
		NAME(CKA_DECRYPT),
		NAME(CKA_UNWRAP),
		NAME(CKA_DERIVE),
	};
#undef NAME

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return "an attribute";
}

static int broken(const struct session *session, const char *function, const char *what, CK_ATTRIBUTE_TYPE type,
		  struct error *error)
{
	error_set(error, ERROR_TOKEN, "the module %s is broken: %s %s of %s", session->token->module->name, function,
		  what, attribute_name(type));
	error_hint(error, "do not rely on this module; look for a newer version");
	error->code = CODE_BROKEN;
	return -ERROR_TOKEN;
}

bool template_ends_search(const struct error *error)
{
	return is_loss(error) || error->code == CODE_BROKEN;
}

/* Checks that types and pointers are unchanged. */
static int check_template(const struct session *session, const char *function, const CK_ATTRIBUTE *copy,
			  const CK_ATTRIBUTE *given, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (copy[i].type != given[i].type)
			return broken(session, function, "changes the type", given[i].type, error);
		if (copy[i].pValue != given[i].pValue)
			return broken(session, function, "changes pValue", given[i].type, error);
	}
	return 0;
}

int template_find(const struct session *session, const CK_ATTRIBUTE *template, size_t count, CK_RV *rv,
		  struct error *error)
{
	CK_ATTRIBUTE copy[TEMPLATE_MOST];

	memcpy(copy, template, count * sizeof(*copy));
	*rv = CALL(session->token->module, C_FindObjectsInit, session->handle, copy, count);
	return check_template(session, "C_FindObjectsInit", copy, template, count, error);
}

/* The module cannot have set a value of more than the room: treats the attribute as missing. */
static void drop_length(const struct session *session, CK_ATTRIBUTE *attribute)
{
	static bool warned;

	if (!warned)
		message_warn("the module %s gives %s a length of %lu bytes, more than the room; ignoring the value",
			     session->token->module->name, attribute_name(attribute->type), attribute->ulValueLen);
	warned = true;
	attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
}

/* tpm2-pkcs11 clears pValue of an attribute that the object does not have. */
static void restore_missing(CK_ATTRIBUTE *copy, const CK_ATTRIBUTE *given, size_t count, CK_RV rv)
{
	for (size_t i = 0; i < count; i++) {
		bool has_no_value = copy[i].ulValueLen == 0 || copy[i].ulValueLen == CK_UNAVAILABLE_INFORMATION;

		if (rv == CKR_ATTRIBUTE_TYPE_INVALID && copy[i].pValue == NULL && has_no_value) {
			copy[i].pValue = given[i].pValue;
			copy[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
		}
	}
}

/* Copies what the module has set into the caller's room. */
static int take(const struct session *session, const CK_ATTRIBUTE *copy, const CK_ATTRIBUTE *given,
		CK_ATTRIBUTE *attributes, size_t count, CK_RV rv, struct error *error)
{
	if (check_template(session, "C_GetAttributeValue", copy, given, count, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < count; i++) {
		CK_ULONG room = attributes[i].ulValueLen;
		const unsigned char *value = given[i].pValue;

		for (size_t j = 0; j < GUARD; j++) {
			if (value[room + j] != GUARD_BYTE)
				return broken(session, "C_GetAttributeValue", "writes beyond the room for the value",
					      given[i].type, error);
		}
		memcpy(attributes[i].pValue, value, room);
		attributes[i].ulValueLen = copy[i].ulValueLen;
		if (rv == CKR_OK && copy[i].ulValueLen > room && copy[i].ulValueLen != CK_UNAVAILABLE_INFORMATION)
			drop_length(session, &attributes[i]);
	}
	return 0;
}

int template_get(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, size_t count,
		 CK_RV *rv, struct error *error)
{
	CK_ATTRIBUTE copy[TEMPLATE_MOST], given[TEMPLATE_MOST];
	unsigned char *values, *next;
	size_t size = GUARD;
	int result;

	for (size_t i = 0; i < count; i++)
		size += attributes[i].ulValueLen + GUARD;
	values = next = malloc(size);
	if (values == NULL)
		return error_memory(error);
	memset(values, GUARD_BYTE, size);
	for (size_t i = 0; i < count; i++) {
		copy[i] = (CK_ATTRIBUTE){ attributes[i].type, next, attributes[i].ulValueLen };
		memcpy(next, attributes[i].pValue, attributes[i].ulValueLen);
		next += attributes[i].ulValueLen + GUARD;
	}
	memcpy(given, copy, count * sizeof(*copy));
	*rv = CALL(session->token->module, C_GetAttributeValue, session->handle, object, copy, count);
	restore_missing(copy, given, count, *rv);
	result = take(session, copy, given, attributes, count, *rv, error);
	free(values);
	return result;
}
