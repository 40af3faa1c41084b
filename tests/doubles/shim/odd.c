/* SPDX-License-Identifier: Apache-2.0 */
/* Ways in which modules differ that are no errors: how strings are padded, which sessions there are, and how a
 * point on a curve is written. */
#include "shim.h"

#include <string.h>

static bool pads_with_nul;
static bool has_raw_points;
static CK_RV read_only_answer = CKR_OK; /* to one who wants a read-only session; CKR_OK: it gets one */

enum parsed odd_parse(char *text)
{
	static const char read_only[] = "read-only=";

	if (strcmp(text, "nul-padded") == 0) {
		pads_with_nul = true;
		return PARSED;
	}
	if (strcmp(text, "ec-point=raw") == 0) {
		has_raw_points = true;
		return PARSED;
	}
	if (strncmp(text, read_only, sizeof read_only - 1) == 0) {
		return name_value(return_values, true, text + sizeof read_only - 1, &read_only_answer) ? PARSED : WRONG;
	}
	return NOT_MINE;
}

void odd_pad(CK_UTF8CHAR *field, size_t size)
{
	while (pads_with_nul && size > 0 && field[size - 1] == ' ') {
		field[--size] = '\0';
	}
}

CK_RV odd_session(CK_FLAGS flags)
{
	return (flags & CKF_RW_SESSION) == 0 ? read_only_answer : CKR_OK;
}

/* Takes CKA_EC_POINT out of the DER OCTET STRING that PKCS#11 wants around it. */
void odd_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; has_raw_points && i < count; i++) {
		CK_ATTRIBUTE *point = &attributes[i];
		CK_ULONG head = point->ulValueLen < 130 ? 2 : 3;

		if (point->type != CKA_EC_POINT || point->ulValueLen == CK_UNAVAILABLE_INFORMATION || point->ulValueLen <= head) {
			continue;
		}
		point->ulValueLen -= head;
		if (point->pValue != NULL) {
			memmove(point->pValue, (CK_BYTE *)point->pValue + head, point->ulValueLen);
		}
	}
}
