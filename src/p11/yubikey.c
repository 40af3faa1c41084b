/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/yubikey.h"

#include "base/secret.h"

#include <ctype.h>
#include <string.h>

const char yubikey_slots[] = "id=%01 is slot 9a, %02 9c, %03 9d, %04 9e, and %05 to %18 are 82 to 95";

const char yubikey_blocked[] =
	"after three wrong PINs a YubiKey blocks its PIN; unblock it with the PUK: ykman piv access unblock-pin. After "
	"three wrong PUKs only a reset of PIV helps, which destroys its keys";

static bool begins(const CK_UTF8CHAR *field, const char *text)
{
	return memcmp(field, text, strlen(text)) == 0;
}

bool yubikey_is(const struct token *token)
{
	return begins(token->info.manufacturerID, "Yubico") && begins(token->info.model, "YubiKey");
}

const char *yubikey_slot(const CK_ATTRIBUTE *id)
{
	static const char names[][3] = {
		"",   "9a", "9c", "9d", "9e", "82", "83", "84", "85", "86", "87", "88", "89",
		"8a", "8b", "8c", "8d", "8e", "8f", "90", "91", "92", "93", "94", "95", "f9",
	};
	unsigned char number = id->ulValueLen == 1 ? *(const unsigned char *)id->pValue : 0;

	return number > 0 && number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

bool yubikey_may_have_made(CK_RV rv)
{
	/* It returns these before it makes a key, or because the device does not take the key or its policies. */
	static const CK_RV refusals[] = {
		CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCOMPLETE,
		CKR_TEMPLATE_INCONSISTENT,  CKR_ARGUMENTS_BAD,		 CKR_FUNCTION_NOT_SUPPORTED,
		CKR_MECHANISM_INVALID,	    CKR_MECHANISM_PARAM_INVALID, CKR_USER_TYPE_INVALID,
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (rv == refusals[i])
			return false;
	}
	return true;
}

int yubikey_check_management_key(const struct secret *key, struct error *error)
{
	const char *digits = secret_data(key);
	size_t length = secret_length(key), i = 0;

	while (i < length && isxdigit((unsigned char)digits[i]))
		i++;
	if (i == length && (length == 32 || length == 48 || length == 64))
		return 0;
	error_set(error, ERROR_PIN, "the security officer's PIN of a YubiKey is its management key: 32, 48 or 64 "
		  "hexadecimal digits; no login was tried");
	error_hint(error, "give the management key with --so-pin-from, not the PIN or the PUK");
	return -ERROR_PIN;
}
