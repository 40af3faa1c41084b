/* SPDX-License-Identifier: Apache-2.0 */
/* Faults that change what the real module gives back, or what it takes. */
#include "shim.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAULTS 32

enum value { SET, MISSING, CLEARED, ERROR, LONG };

static struct {
	CK_ATTRIBUTE_TYPE type;
	enum value how;
	CK_BBOOL value;
} attribute_faults[MAX_FAULTS];
static size_t attribute_fault_count;

static CK_FLAGS flags_added, flags_removed, flags_after_refusal;
static atomic_bool refused; /* a login was */
static CK_TOKEN_INFO names; /* of the names only those that are set */
static bool names_serial, names_label;
static CK_ULONG slot_count; /* 0: what the module says */
static bool hides_public_keys, hides_certificates;
static CK_ATTRIBUTE_TYPE refused_attribute = CK_UNAVAILABLE_INFORMATION;
static char reserved[64];
static bool cant_lock;
static atomic_uint inside; /* threads, where the module cannot lock */
static atomic_flag told = ATOMIC_FLAG_INIT;

/* The text after `prefix`, or NULL if it does not begin with that. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static bool find_attribute(const char *name, CK_ULONG *type)
{
	return name_value(boolean_attributes, false, name, type) || name_value(other_attributes, false, name, type);
}

static bool parse_attribute(char *text)
{
	char *value = strstr(text, ":=");
	CK_ULONG type;
	enum value how = SET;

	*value = '\0';
	value += 2;
	if (strcmp(value, "missing") == 0) {
		how = MISSING;
	} else if (strcmp(value, "cleared") == 0) {
		how = CLEARED;
	} else if (strcmp(value, "error") == 0) {
		how = ERROR;
	} else if (strcmp(value, "long") == 0) {
		how = LONG;
	} else if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
		return false;
	}
	if (attribute_fault_count == MAX_FAULTS ||
			!(how == SET ? name_value(boolean_attributes, false, text, &type) : find_attribute(text, &type))) {
		return false;
	}
	attribute_faults[attribute_fault_count].type = type;
	attribute_faults[attribute_fault_count].how = how;
	attribute_faults[attribute_fault_count].value = *value == '1' ? CK_TRUE : CK_FALSE;
	attribute_fault_count++;
	return true;
}

/* The last word on a flag wins. */
static bool parse_flag(const char *text, bool add)
{
	CK_FLAGS flag;

	if (!name_value(token_flags, false, text, &flag)) {
		return false;
	}
	flags_added = add ? flags_added | flag : flags_added & ~flag;
	flags_removed = add ? flags_removed & ~flag : flags_removed | flag;
	return true;
}

static bool parse_late_flag(const char *text)
{
	CK_FLAGS flag;
	bool known = name_value(token_flags, false, text, &flag);

	flags_after_refusal |= known ? flag : 0;
	return known;
}

/* A name the way a CK_TOKEN_INFO has it. */
static bool parse_name(const char *text, CK_UTF8CHAR *field, size_t size, bool *set)
{
	size_t length = strlen(text);

	if (length > size) {
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		field[i] = i < length ? (CK_UTF8CHAR)text[i] : ' ';
	}
	return *set = true;
}

static bool parse_class(const char *text)
{
	bool *hides = strcmp(text, "CKO_PUBLIC_KEY") == 0 ? &hides_public_keys :
			strcmp(text, "CKO_CERTIFICATE") == 0 ? &hides_certificates : NULL;

	return hides != NULL && (*hides = true);
}

enum parsed results_parse(char *text)
{
	const char *value;
	bool good;

	if ((value = after(text, "token-flags+=")) != NULL) {
		good = parse_flag(value, true);
	} else if ((value = after(text, "token-flags-=")) != NULL) {
		good = parse_flag(value, false);
	} else if ((value = after(text, "refusal-flags+=")) != NULL) {
		good = parse_late_flag(value);
	} else if ((value = after(text, "token-serial=")) != NULL) {
		good = parse_name(value, names.serialNumber, sizeof names.serialNumber, &names_serial);
	} else if ((value = after(text, "token-label=")) != NULL) {
		good = parse_name(value, names.label, sizeof names.label, &names_label);
	} else if ((value = after(text, "slot-count=")) != NULL) {
		good = parse_count(value, &slot_count);
	} else if ((value = after(text, "objects-=")) != NULL) {
		good = parse_class(value);
	} else if ((value = after(text, "template-=")) != NULL) {
		good = find_attribute(value, &refused_attribute);
	} else if ((value = after(text, "reserved=")) != NULL) {
		good = strlen(value) < sizeof reserved;
		strncpy(reserved, value, sizeof reserved - 1);
	} else if (strcmp(text, "cant-lock") == 0) {
		good = cant_lock = true;
	} else if (strstr(text, ":=") != NULL) {
		good = parse_attribute(text);
	} else {
		return state_parse(text);
	}
	return good ? PARSED : WRONG;
}

/* --- what is taken ----------------------------------------------------------------------------------------------- */

CK_RV results_initialize(CK_C_INITIALIZE_ARGS *arguments)
{
	if (cant_lock && arguments != NULL &&
			((arguments->flags & CKF_OS_LOCKING_OK) != 0 || arguments->CreateMutex != NULL)) {
		return CKR_CANT_LOCK;
	}
	if (reserved[0] == '\0') {
		return CKR_OK;
	}
	if (arguments == NULL || arguments->pReserved == NULL || strcmp(arguments->pReserved, reserved) != 0) {
		return CKR_ARGUMENTS_BAD;
	}
	arguments->pReserved = NULL;
	return CKR_OK;
}

void results_enter(void)
{
	if (cant_lock && atomic_fetch_add(&inside, 1) > 0 && !atomic_flag_test_and_set(&told)) {
		log_threads();
	}
}

void results_leave(void)
{
	if (cant_lock) {
		atomic_fetch_sub(&inside, 1);
	}
}

bool results_template(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (attributes[i].type == refused_attribute) {
			return false;
		}
	}
	return true;
}

bool results_is_hidden(const CK_ATTRIBUTE *attributes, CK_ULONG count)
{
	for (CK_ULONG i = 0; i < count; i++) {
		CK_OBJECT_CLASS class;

		if (attributes[i].type != CKA_CLASS) {
			continue;
		}
		class = *(const CK_OBJECT_CLASS *)attributes[i].pValue;
		return (class == CKO_PUBLIC_KEY && hides_public_keys) || (class == CKO_CERTIFICATE && hides_certificates);
	}
	return false;
}

/* --- what is given back ------------------------------------------------------------------------------------------ */

CK_RV results_attributes(CK_ATTRIBUTE *attributes, CK_ULONG count, CK_RV rv)
{
	for (CK_ULONG i = 0; attributes != NULL && i < count; i++) {
		for (size_t f = 0; f < attribute_fault_count; f++) {
			if (attributes[i].type != attribute_faults[f].type) {
				continue;
			}
			switch (attribute_faults[f].how) {
			case SET: /* no buffer: the caller only asked for the length */
				if (attributes[i].pValue != NULL && attributes[i].ulValueLen == sizeof(CK_BBOOL)) {
					*(CK_BBOOL *)attributes[i].pValue = attribute_faults[f].value;
				}
				break;
			case MISSING:
				attributes[i].ulValueLen = (CK_ULONG)-1;
				rv = CKR_ATTRIBUTE_TYPE_INVALID;
				break;
			case CLEARED:
				attributes[i].pValue = NULL;
				attributes[i].ulValueLen = 0;
				rv = CKR_ATTRIBUTE_TYPE_INVALID;
				break;
			case LONG:
				attributes[i].ulValueLen = sizeof(CK_ULONG);
				break;
			case ERROR:
				return CKR_GENERAL_ERROR;
			}
		}
	}
	return rv;
}

void results_slots(CK_ULONG *count)
{
	if (slot_count != 0) {
		*count = slot_count;
	}
}

void results_token(CK_TOKEN_INFO *info)
{
	info->flags = (info->flags | flags_added | (refused ? flags_after_refusal : 0)) & ~flags_removed;
	if (names_serial) {
		memcpy(info->serialNumber, names.serialNumber, sizeof info->serialNumber);
	}
	if (names_label) {
		memcpy(info->label, names.label, sizeof info->label);
	}
}

void results_login(CK_RV rv)
{
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_LOCKED || rv == CKR_PIN_INVALID) {
		refused = true;
	}
}
