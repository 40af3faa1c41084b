/* SPDX-License-Identifier: Apache-2.0 */
/* Type and size of keys. */
#include "p11/object.h"

#include <openssl/ec.h>
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

/* For the usual curves, CKA_EC_PARAMS is the curve's object identifier. */
static unsigned ec_bits(const CK_ATTRIBUTE *parameters)
{
	const unsigned char *der = parameters->pValue;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &der, (long)parameters->ulValueLen);
	EC_GROUP *group = object != NULL ? EC_GROUP_new_by_curve_name(OBJ_obj2nid(object)) : NULL;
	unsigned bits = group != NULL ? (unsigned)EC_GROUP_get_degree(group) : 0;

	EC_GROUP_free(group);
	ASN1_OBJECT_free(object);
	return bits;
}

int object_key_type(const struct session *session, CK_OBJECT_HANDLE object, char *name, size_t room, unsigned *bits,
		    struct error *error)
{
	CK_ATTRIBUTE type, size = { .pValue = NULL };
	CK_KEY_TYPE key_type = (CK_KEY_TYPE)-1;
	int result = object_read(session, object, CKA_KEY_TYPE, &type, error);

	if (result < 0)
		return result;
	if (type.ulValueLen == sizeof(key_type))
		memcpy(&key_type, type.pValue, sizeof(key_type));
	free(type.pValue);
	switch (key_type) {
	case CKK_RSA:
		snprintf(name, room, "RSA");
		result = object_read(session, object, CKA_MODULUS, &size, error);
		if (result == 0 && size.ulValueLen > 0)
			*bits = rsa_bits(&size);
		break;
	case CKK_EC:
		snprintf(name, room, "EC");
		result = object_read(session, object, CKA_EC_PARAMS, &size, error);
		if (result == 0 && size.ulValueLen > 0)
			*bits = ec_bits(&size);
		break;
	default:
		snprintf(name, room, "%#lx", key_type);
	}
	free(size.pValue);
	return result;
}
