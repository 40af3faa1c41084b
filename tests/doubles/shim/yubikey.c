/* SPDX-License-Identifier: Apache-2.0 */
/* A token that says it is a YubiKey, and what it wants before its keys sign. */
#include "shim.h"

#include <stdio.h>
#include <string.h>

static const CK_ATTRIBUTE_TYPE touch_policy = CKA_VENDOR_DEFINED | 0x59554201UL, pin_policy = CKA_VENDOR_DEFINED | 0x59554202UL;
static bool is_yubikey;
static CK_BYTE pin, touch;

/* yubikey=PIN,TOUCH */
enum parsed yubikey_parse(char *text)
{
	unsigned numbers[2];
	char more;

	if (strncmp(text, "yubikey=", strlen("yubikey=")) != 0) {
		return NOT_MINE;
	}
	if (sscanf(text, "yubikey=%u,%u%c", &numbers[0], &numbers[1], &more) != 2 || numbers[0] > 255 || numbers[1] > 255) {
		return WRONG;
	}
	pin = (CK_BYTE)numbers[0];
	touch = (CK_BYTE)numbers[1];
	is_yubikey = true;
	return PARSED;
}

static void name(CK_UTF8CHAR *field, size_t size, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < size; i++) {
		field[i] = i < length ? (CK_UTF8CHAR)text[i] : ' ';
	}
}

void yubikey_token(CK_TOKEN_INFO *info)
{
	if (is_yubikey) {
		name(info->manufacturerID, sizeof info->manufacturerID, "Yubico (www.yubico.com)");
		name(info->model, sizeof info->model, "YubiKey YK5");
	}
}

CK_RV yubikey_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_RV rv)
{
	CK_ULONG known = 0;

	for (CK_ULONG i = 0; is_yubikey && attributes != NULL && i < count; i++) {
		CK_ATTRIBUTE *attribute = &attributes[i];

		if (attribute->type != touch_policy && attribute->type != pin_policy) {
			continue;
		}
		known++;
		attribute->ulValueLen = 1;
		if (attribute->pValue != NULL) {
			*(CK_BYTE *)attribute->pValue = attribute->type == pin_policy ? pin : touch;
		}
	}
	return known > 0 && known == count && rv == CKR_ATTRIBUTE_TYPE_INVALID ? CKR_OK : rv;
}
