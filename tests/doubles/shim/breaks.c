/* SPDX-License-Identifier: Apache-2.0 */
/* A module that does to its caller's templates what it must not. */
#include "shim.h"

#include <string.h>

static enum { NOTHING, POINTER, NO_POINTER, TYPE, WIDE, HUGE_LENGTH, FIND_POINTER, FIND_TYPE } what;
static CK_ATTRIBUTE_TYPE only = CK_UNAVAILABLE_INFORMATION; /* this attribute, or all */

enum parsed breaks_parse(char *text)
{
	static const char *const words[] = {"", "pointer", "no-pointer", "type", "wide", "huge", "find-pointer", "find-type"};
	static const char prefix[] = "breaks=";
	char *name;

	if (strncmp(text, prefix, sizeof prefix - 1) != 0) {
		return NOT_MINE;
	}
	text += sizeof prefix - 1;
	name = strchr(text, ':');
	if (name != NULL) {
		*name++ = '\0';
		if (!name_value(boolean_attributes, false, name, &only) && !name_value(other_attributes, false, name, &only)) {
			return WRONG;
		}
	}
	for (unsigned i = 1; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], text) == 0) {
			what = i;
			return PARSED;
		}
	}
	return WRONG;
}

static void change(CK_ATTRIBUTE *attribute, bool pointer)
{
	static unsigned char elsewhere[65536];

	if (pointer) {
		attribute->pValue = elsewhere;
	} else {
		attribute->type = CKA_VENDOR_DEFINED;
	}
}

void breaks_find(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count && (what == FIND_POINTER || what == FIND_TYPE); i++) {
		if (only == CK_UNAVAILABLE_INFORMATION || only == attributes[i].type) {
			change(&attributes[i], what == FIND_POINTER);
		}
	}
}

void breaks_get(CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		CK_ATTRIBUTE *attribute = &attributes[i];

		if (only != CK_UNAVAILABLE_INFORMATION && only != attribute->type) {
			continue;
		}
		if (what == POINTER || what == TYPE) {
			change(attribute, what == POINTER);
		} else if (what == NO_POINTER) {
			attribute->pValue = NULL;
		} else if (what == HUGE_LENGTH) {
			attribute->ulValueLen = 1UL << 40;
		} else if (what == WIDE && attribute->ulValueLen == sizeof(CK_BBOOL)) { /* takes a CK_BBOOL for a CK_ULONG */
			const CK_ULONG value = 1;

			memcpy(attribute->pValue, &value, sizeof value);
		}
	}
}
