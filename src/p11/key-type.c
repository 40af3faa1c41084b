/* SPDX-License-Identifier: Apache-2.0 */
/* Type and size of keys. */
#include "p11/object.h"

#include "base/alg.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned rsa_bits(const CK_ATTRIBUTE *modulus)
{
	const unsigned char *byte = modulus->pValue;
	CK_ULONG size = modulus->ulValueLen;

	while (size > 0 && *byte == 0) {
		byte++;
		size--;
	}
	if (size == 0)
		return 0;
	return (unsigned)(size * 8 - (CK_ULONG)(__builtin_clz(*byte) - (int)(sizeof(unsigned) - 1) * 8));
}

int object_curve(const struct session *session, CK_OBJECT_HANDLE object, char curve[CURVE_SIZE], struct error *error)
{
	CK_ATTRIBUTE parameters;
	int result = object_read(session, object, CKA_EC_PARAMS, &parameters, error);
	const char *name = curve_name(&parameters);
	enum alg alg = name != NULL ? alg_of_curve(name) : ALG_AUTO;
	const unsigned char *der = parameters.pValue;
	ASN1_OBJECT *number = NULL;

	snprintf(curve, CURVE_SIZE, "%s", alg != ALG_AUTO ? alg_info(alg)->curve : name != NULL ? name : "");
	if (name == NULL && der != NULL)
		number = d2i_ASN1_OBJECT(NULL, &der, (long)parameters.ulValueLen);
	if (number != NULL)
		OBJ_obj2txt(curve, CURVE_SIZE, number, 1);
	else if (name == NULL && parameters.ulValueLen > 0)
		snprintf(curve, CURVE_SIZE, "(explicit parameters)");
	ASN1_OBJECT_free(number);
	free(parameters.pValue);
	ERR_clear_error();
	return result;
}

int object_key_type(const struct session *session, CK_OBJECT_HANDLE object, struct key_type *type, struct error *error)
{
	CK_ATTRIBUTE attribute, size = { .pValue = NULL };
	CK_KEY_TYPE key_type = (CK_KEY_TYPE)-1;
	int result = object_read(session, object, CKA_KEY_TYPE, &attribute, error);

	memset(type, 0, sizeof(*type));
	if (result < 0)
		return result;
	if (attribute.ulValueLen == sizeof(key_type))
		memcpy(&key_type, attribute.pValue, sizeof(key_type));
	free(attribute.pValue);
	switch (key_type) {
	case CKK_RSA:
		snprintf(type->name, sizeof(type->name), "RSA");
		result = object_read(session, object, CKA_MODULUS, &size, error);
		if (result == 0 && size.ulValueLen > 0)
			type->bits = rsa_bits(&size);
		break;
	case CKK_EC:
		snprintf(type->name, sizeof(type->name), "EC");
		result = object_curve(session, object, type->curve, error);
		type->bits = curve_bits(type->curve);
		break;
	default:
		snprintf(type->name, sizeof(type->name), "%#lx", key_type);
	}
	free(size.pValue);
	return result;
}
