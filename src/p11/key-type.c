/* SPDX-License-Identifier: Apache-2.0 */
/* Type and size of keys. */
#include "p11/object.h"

#include "base/alg.h"

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

/* For the usual curves, CKA_EC_PARAMS is the curve's object identifier. Its name: as in RFC 7518, else OpenSSL's, else
 * the number. */
static void read_curve(const CK_ATTRIBUTE *parameters, struct key_type *type)
{
	const unsigned char *der = parameters->pValue;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &der, (long)parameters->ulValueLen);
	EC_GROUP *group = object != NULL ? EC_GROUP_new_by_curve_name(OBJ_obj2nid(object)) : NULL;
	const char *name = group != NULL ? OBJ_nid2sn(OBJ_obj2nid(object)) : NULL;
	enum alg alg = name != NULL ? alg_of_curve(name) : ALG_AUTO;

	if (group != NULL)
		type->bits = (unsigned)EC_GROUP_get_degree(group);
	if (name != NULL)
		snprintf(type->curve, sizeof(type->curve), "%s", alg != ALG_AUTO ? alg_info(alg)->curve : name);
	else if (object != NULL)
		OBJ_obj2txt(type->curve, sizeof(type->curve), object, 1);
	EC_GROUP_free(group);
	ASN1_OBJECT_free(object);
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
		result = object_read(session, object, CKA_EC_PARAMS, &size, error);
		if (result == 0 && size.ulValueLen > 0)
			read_curve(&size, type);
		break;
	default:
		snprintf(type->name, sizeof(type->name), "%#lx", key_type);
	}
	free(size.pValue);
	return result;
}
