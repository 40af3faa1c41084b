/* SPDX-License-Identifier: Apache-2.0 */
/* Which tokens are YubiKeys, which ids are slots, what a management key looks like, and what may go where. */
#include "unit.h"

#include "base/secret.h"
#include "p11/new-key.h"
#include "p11/officer.h"
#include "p11/yubikey.h"

static void field(CK_UTF8CHAR *bytes, size_t size, const char *text)
{
	memset(bytes, ' ', size);
	memcpy(bytes, text, strlen(text));
}

static void name(struct token *token, const char *manufacturer, const char *model)
{
	field(token->info.label, sizeof(token->info.label), "token");
	field(token->info.manufacturerID, sizeof(token->info.manufacturerID), manufacturer);
	field(token->info.model, sizeof(token->info.model), model);
}

static void only_the_piv_application_is_a_yubikey(void **state)
{
	struct token token = { .module = NULL };

	(void)state;
	name(&token, "Yubico (www.yubico.com)", "YubiKey YK5");
	assert_true(yubikey_is(&token) && officer_is_needed(&token));
	name(&token, "Yubico (www.yubico.com)", "YubiHSM");
	assert_false(yubikey_is(&token) || officer_is_needed(&token));
	name(&token, "piv_II", "PKCS#15 emulated");
	assert_false(yubikey_is(&token));
}

static const char *slot(size_t length, unsigned char number)
{
	unsigned char id[2] = { number, number };

	return yubikey_slot(&(CK_ATTRIBUTE){ CKA_ID, id, length });
}

static void ids_are_slots(void **state)
{
	(void)state;
	assert_string_equal(slot(1, 1), "9a");
	assert_string_equal(slot(1, 2), "9c");
	assert_string_equal(slot(1, 4), "9e");
	assert_string_equal(slot(1, 5), "82");
	assert_string_equal(slot(1, 24), "95");
	assert_string_equal(slot(1, 25), "f9");
	assert_null(slot(1, 0));
	assert_null(slot(1, 26));
	assert_null(slot(1, '1'));
	assert_null(slot(2, 1));
	assert_null(slot(0, 1));
}

static void only_a_refusal_makes_no_key(void **state)
{
	static const CK_RV refusals[] = { CKR_ATTRIBUTE_TYPE_INVALID, CKR_ARGUMENTS_BAD, CKR_USER_TYPE_INVALID };
	static const CK_RV others[] = { CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_FUNCTION_FAILED, CKR_DATA_LEN_RANGE,
					CKR_USER_NOT_LOGGED_IN };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_false(yubikey_may_have_made(refusals[i]));
	for (size_t i = 0; i < 5; i++)
		assert_true(yubikey_may_have_made(others[i]));
}

static int check_key(const char *text, struct error *error)
{
	struct secret *secret = secret_new(64);
	int result;

	assert_non_null(secret);
	assert_int_equal(secret_append(secret, text, strlen(text)), 0);
	result = yubikey_check_management_key(secret, error);
	secret_free(&secret);
	return result;
}

/* libykcs11 would send six to eight bytes to the card as the user's PIN. */
static void management_keys_are_hexadecimal(void **state)
{
	static const char digits[] = "0123456789abcdefABCDEF01234567890123456789abcdef0123456789abcdef0123";
	struct error error;

	(void)state;
	for (size_t length = 0; length < sizeof(digits); length++) {
		char text[sizeof(digits)];

		snprintf(text, sizeof(text), "%.*s", (int)length, digits);
		assert_int_equal(check_key(text, &error),
				 length == 32 || length == 48 || length == 64 ? 0 : -ERROR_PIN);
	}
	assert_int_equal(check_key("012345670123456701234567012345gh", &error), -ERROR_PIN);
	assert_lacks(error.text, "gh");
	assert_int_equal(check_key("01234567012345670123456701234 67", &error), -ERROR_PIN);
}

static int place(const char *uri, const char *model, struct p11_placing placing, struct new_pair *pair,
		 struct error *error)
{
	struct token token = { .module = NULL };
	struct uri *parsed;
	const CK_ATTRIBUTE *id;
	int result;

	name(&token, "Yubico (www.yubico.com)", model);
	assert_int_equal(p11_uri_parse(&parsed, uri, error), 0);
	id = p11_kit_uri_get_attribute(parsed->parsed, CKA_ID);
	*pair = (struct new_pair){ .placing = placing };
	pair->names[1] = id != NULL ? *id : (CK_ATTRIBUTE){ CKA_ID, pair->random_id, NEW_ID_LENGTH };
	result = placing_check(parsed, pair, &token, error);
	p11_uri_free(&parsed);
	return result;
}

static void new_keys_need_a_slot(void **state)
{
	const struct p11_placing none = { .replace = false };
	struct new_pair pair;
	struct error error;

	(void)state;
	assert_int_equal(place("pkcs11:id=%05", "YubiKey YK5", none, &pair, &error), 0);
	assert_string_equal(pair.slot, "82");
	assert_int_equal(place("pkcs11:id=%19", "YubiKey YK5", none, &pair, &error), -ERROR_USAGE);
	assert_contains(error.text, "f9");
	assert_int_equal(place("pkcs11:id=%01%02", "YubiKey YK5", none, &pair, &error), -ERROR_USAGE);
	assert_contains(error.hint, "9a");
	assert_int_equal(place("pkcs11:token=x", "YubiKey YK5", none, &pair, &error), -ERROR_USAGE);
	assert_int_equal(place("pkcs11:id=%05", "YubiHSM", none, &pair, &error), 0);
	assert_null(pair.slot);
}

static void policies_are_for_slots(void **state)
{
	const struct p11_placing placing = { P11_TOUCH_CACHED, P11_PIN_NEVER, true };
	struct attributes attributes = { .count = 0 };
	struct new_pair pair;
	struct error error;

	(void)state;
	assert_int_equal(place("pkcs11:id=%05", "YubiHSM", placing, &pair, &error), -ERROR_USAGE);
	assert_contains(error.text, "--replace");
	assert_int_equal(place("pkcs11:id=%05", "YubiKey YK5", placing, &pair, &error), 0);
	placing_add(&attributes, &pair);
	assert_int_equal(attributes.count, 2);
	assert_int_equal(attributes.list[0].type, 0xd9554201UL);
	assert_int_equal(*(CK_BYTE *)attributes.list[0].pValue, 3);
	assert_int_equal(attributes.list[1].type, 0xd9554202UL);
	assert_int_equal(*(CK_BYTE *)attributes.list[1].pValue, 1);
	assert_int_equal(attributes.list[1].ulValueLen, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_piv_application_is_a_yubikey), cmocka_unit_test(ids_are_slots),
		cmocka_unit_test(only_a_refusal_makes_no_key), cmocka_unit_test(management_keys_are_hexadecimal), cmocka_unit_test(new_keys_need_a_slot),
		cmocka_unit_test(policies_are_for_slots),
	};

	return cmocka_run_group_tests_name("yubikey", tests, NULL, NULL);
}
