/* SPDX-License-Identifier: Apache-2.0 */
/* The slot of a YubiKey where a new key goes, and the policies that it gets there. */
#include "p11/new-key.h"

#include "base/message.h"
#include "p11/certificate.h"
#include "p11/officer.h"
#include "p11/yubikey.h"

#include <stdlib.h>
#include <string.h>

enum { IN_SLOT_MOST = 8 }; /* objects with one id: key, public half, certificate, attestation, data */

/* The first option in use that only YubiKeys take; NULL: none is. */
static const char *option_of(const struct p11_placing *placing)
{
	if (placing->replace)
		return "--replace";
	if (placing->touch != P11_TOUCH_DEFAULT)
		return "--touch";
	return placing->pin != P11_PIN_DEFAULT ? "--pin-policy" : NULL;
}

static int refuse_id(const struct uri *uri, const struct new_pair *pair, const struct token *token,
		     struct error *error)
{
	if (pair->slot != NULL) {
		error_set(error, ERROR_USAGE, "slot f9 of token \"%s\" holds the key that attests the others; it is "
			  "not for keys that sign assertions", token_label(token));
	} else {
		error_set(error, ERROR_USAGE, "the URI names no slot of token \"%s\": the keys of a YubiKey are in "
			  "slots", token_label(token));
		p11_uri_hint_id(uri->text, error);
		if (error->hint[0] != '\0')
			return -ERROR_USAGE;
	}
	error_hint(error, "give the id of a slot: %s", yubikey_slots);
	return -ERROR_USAGE;
}

int placing_check(const struct uri *uri, struct new_pair *pair, const struct token *token, struct error *error)
{
	const char *option = option_of(&pair->placing);

	if (!yubikey_is(token)) {
		if (option == NULL)
			return 0;
		return error_set(error, ERROR_USAGE, "%s is for YubiKeys, and token \"%s\" is not one", option,
				 token_label(token));
	}
	pair->slot = pair->names[1].pValue != pair->random_id ? yubikey_slot(&pair->names[1]) : NULL;
	if (pair->slot == NULL || strcmp(pair->slot, "f9") == 0)
		return refuse_id(uri, pair, token, error);
	if (pair->names[0].ulValueLen > 0)
		message_warn("a YubiKey labels its keys itself, so the URI's label has no effect");
	pair->names[0].ulValueLen = 0;
	pair->policies[0] = (CK_BYTE)pair->placing.touch;
	pair->policies[1] = (CK_BYTE)pair->placing.pin;
	return 0;
}

static CK_OBJECT_CLASS class_of(const struct session *session, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE value;
	struct error ignored;

	if (object_read(session, object, CKA_CLASS, &value, &ignored) == 0 && value.ulValueLen == sizeof(class))
		memcpy(&class, value.pValue, sizeof(class));
	free(value.pValue);
	return class;
}

int placing_refuse_occupied(const struct p11_key *key, struct new_pair *pair, struct error *error)
{
	const struct session *session = &key->ring->session;
	CK_OBJECT_HANDLE found[IN_SLOT_MOST];
	size_t count;

	if (objects_match(session, &pair->names[1], 1, found, IN_SLOT_MOST, &count, error) < 0)
		return error_result(error);
	pair->had_key = pair->had_certificate = false;
	for (size_t i = 0; i < count; i++) {
		CK_OBJECT_CLASS class = class_of(session, found[i]);
		bool certificate = class == CKO_CERTIFICATE && certificate_is_stored(session, found[i]);

		pair->had_certificate |= certificate;
		/* A public key may be that of the certificate. */
		pair->had_key |= class == CKO_PRIVATE_KEY || (class == CKO_CERTIFICATE && !certificate);
	}
	if (count == 0 || pair->placing.replace)
		return 0;
	error_set(error, ERROR_NO_KEY, "slot %s of token \"%s\" is occupied by a %s%s", pair->slot,
		  token_label(session->token), pair->had_key || !pair->had_certificate ? "key" : "certificate",
		  pair->had_key && pair->had_certificate ? " and a certificate" : "");
	error_hint(error, "overwrite it with --replace, or choose another slot: %s", yubikey_slots);
	return -ERROR_NO_KEY;
}

/* What can be refused is refused before the officer's login. The user's PIN is the first line of a descriptor
 * that has both: the test of an imported key needs it, and a source that fails later would leave the key untested. */
int placing_log_in(struct p11_key *key, struct new_pair *pair, struct error *error)
{
	struct session *session = &key->ring->session;
	const struct p11_request *request = &key->ring->request;

	if (placing_refuse_occupied(key, pair, error) < 0)
		return error_result(error);
	if (request->so_pin_from.type != SOURCE_NONE && pair->imported && session_pin(session, request, error) < 0)
		return error_result(error);
	/* Another program may fill the slot while a source waits for a person. */
	if (officer_pin(session, request, error) < 0 || session_look_again(session, error) < 0 ||
	    placing_refuse_occupied(key, pair, error) < 0)
		return error_result(error);
	return officer_login(session, request, error);
}

void placing_note_replaced(const struct p11_key *key, const struct new_pair *pair)
{
	const char *label = token_label(key->ring->session.token);

	if (pair->had_key)
		message_note("the key that was in slot %s of token \"%s\" was overwritten", pair->slot, label);
	if (pair->had_certificate)
		message_note("the certificate that was in slot %s of token \"%s\" was overwritten", pair->slot, label);
}

void placing_add(struct attributes *private, const struct new_pair *pair)
{
	if (pair->placing.touch != P11_TOUCH_DEFAULT)
		attributes_add(private, CKA_YUBICO_TOUCH_POLICY, &pair->policies[0], 1);
	if (pair->placing.pin != P11_PIN_DEFAULT)
		attributes_add(private, CKA_YUBICO_PIN_POLICY, &pair->policies[1], 1);
}

void placing_hint(const struct new_pair *pair, CK_RV rv, struct error *error)
{
	if (pair->slot == NULL)
		return;
	if (yubikey_may_have_made(rv))
		error_hint(error, "it is not known whether the key is in slot %s now, in place of what was there; look "
				  "with \"p11bearer keys --pin-from …\", and run the command again with --replace",
			   pair->slot);
	else if (pair->placing.touch != P11_TOUCH_DEFAULT || pair->placing.pin != P11_PIN_DEFAULT)
		error_hint(error, "the YubiKey or its module may not take --touch or --pin-policy with this value, or "
				  "this type and size of a key; nothing was made");
	else
		error_hint(error, "YubiKeys make RSA keys of 2048 bits and EC keys on P-256 and P-384, and from "
				  "firmware 5.7 on RSA keys of 3072 and 4096 bits");
}

/* The policy that the key shows; default if it does not. libykcs11 takes it from the attestation. */
static unsigned char shown(const struct p11_key *key, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE value;
	struct error ignored;
	unsigned char policy = 0;

	if (object_read(&key->ring->session, key->handle, type, &value, &ignored) == 0 && value.ulValueLen == 1)
		policy = *(const unsigned char *)value.pValue;
	free(value.pValue);
	return policy;
}

void placing_check_policies(const struct p11_key *key, const struct new_pair *pair)
{
	const char *label = token_label(key->ring->session.token);

	for (unsigned i = 0; i < 2; i++) {
		bool touch = i == 0;
		unsigned char policy;

		if (pair->policies[i] == 0)
			continue;
		policy = shown(key, touch ? CKA_YUBICO_TOUCH_POLICY : CKA_YUBICO_PIN_POLICY);
		if (policy != pair->policies[i])
			message_warn(policy == 0 ? "token \"%s\" does not show the %s policy of the key" :
						   "token \"%s\" gave the key another %s policy than requested",
				     label, touch ? "touch" : "PIN");
	}
}
