/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/new-key.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/observe.h"
#include "p11/officer.h"
#include "p11/yubikey.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 255 }; /* bytes of a label or id: more than any known token accepts */

/* --- before it is made ------------------------------------------------------------------------------------------- */

/* Label and id for the new key: the URI's, else no label and a random id. An empty one counts as none. */
static int choose_names(const struct uri *uri, struct new_pair *pair, struct error *error)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri->parsed, CKA_ID);

	pair->names[0] = label != NULL ? *label : (CK_ATTRIBUTE){ CKA_LABEL, NULL, 0 };
	pair->names[1] = (CK_ATTRIBUTE){ CKA_ID, pair->random_id, NEW_ID_LENGTH };
	if (id != NULL && id->ulValueLen > 0)
		pair->names[1] = *id;
	else if (RAND_bytes(pair->random_id, NEW_ID_LENGTH) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make a random id");
	if (pair->names[0].ulValueLen > NAME_MAX_LENGTH || pair->names[1].ulValueLen > NAME_MAX_LENGTH)
		return error_set(error, ERROR_USAGE, "the label or id is longer than %d bytes", NAME_MAX_LENGTH);
	return 0;
}

int new_key_begin(struct p11_key *key, const struct p11_request *request, struct new_pair *pair, struct error *error)
{
	struct token *token;

	if (key_token(key, request, true, &token, error) < 0 || choose_names(key->uri, pair, error) < 0 ||
	    placing_check(key->uri, pair, token, error) < 0 ||
	    session_open(&key->ring->session, token, true, error) < 0)
		return error_result(error);
	return pair->slot != NULL ? placing_log_in(key, pair, error) :
				    session_login(&key->ring->session, request, error);
}

/* On a YubiKey a second time: the slot was looked at before the login, which may have waited for a person. */
static int refuse_names(const struct p11_key *key, struct new_pair *pair, struct error *error)
{
	struct error slip = { .hint = "" };

	if (pair->slot != NULL)
		return placing_refuse_occupied(key, pair, error);
	p11_uri_hint_id(key->uri->text, &slip);
	if (slip.hint[0] != '\0')
		message_warn("%s", slip.hint);
	if (taken_refuse(&key->ring->session, &pair->names[0], error) < 0)
		return error_result(error);
	return taken_refuse(&key->ring->session, &pair->names[1], error);
}

int new_key_claim(struct p11_key *key, struct new_pair *pair, struct error *error)
{
	if (refuse_names(key, pair, error) < 0)
		return error_result(error);
	/* Before the key exists: afterwards nothing may fail before the user gets its URI. */
	tokens_look_beyond(&key->ring->tokens, key->ring->request.uri);
	key->full_uri = token_key_uri(key->ring->session.token, &pair->names[0], &pair->names[1]);
	return key->full_uri != NULL ? 0 : error_memory(error);
}

void attributes_add(struct attributes *attributes, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG length)
{
	attributes->list[attributes->count++] = (CK_ATTRIBUTE){ type, (void *)value, length };
}

void attributes_flag(struct attributes *attributes, CK_ATTRIBUTE_TYPE type, bool value)
{
	static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	attributes_add(attributes, type, value ? &yes : &no, sizeof(CK_BBOOL));
}

/* The label is optional. */
static void add_names(struct attributes *attributes, const struct new_pair *pair)
{
	attributes_flag(attributes, CKA_TOKEN, true);
	attributes_add(attributes, CKA_KEY_TYPE, &pair->type, sizeof(pair->type));
	attributes->list[attributes->count++] = pair->names[1];
	if (pair->names[0].ulValueLen > 0)
		attributes->list[attributes->count++] = pair->names[0];
}

void attributes_public(struct attributes *attributes, const struct new_pair *pair, bool in_full)
{
	add_names(attributes, pair);
	if (!in_full)
		return;
	attributes_flag(attributes, CKA_PRIVATE, false);
	attributes_flag(attributes, CKA_VERIFY, true);
	attributes_flag(attributes, CKA_VERIFY_RECOVER, false);
	attributes_flag(attributes, CKA_ENCRYPT, false);
	attributes_flag(attributes, CKA_WRAP, false);
}

void attributes_private(struct attributes *attributes, const struct new_pair *pair, bool in_full)
{
	add_names(attributes, pair);
	if (pair->slot == NULL)
		attributes_flag(attributes, CKA_PRIVATE, true);
	attributes_flag(attributes, CKA_SENSITIVE, true);
	if (pair->slot != NULL)
		return;
	attributes_flag(attributes, CKA_EXTRACTABLE, false);
	attributes_flag(attributes, CKA_SIGN, true);
	if (in_full || pair->type == CKK_RSA)
		attributes_flag(attributes, CKA_DECRYPT, false);
	if (!in_full)
		return;
	attributes_flag(attributes, CKA_SIGN_RECOVER, false);
	attributes_flag(attributes, CKA_UNWRAP, false);
	if (pair->type == CKK_EC)
		attributes_flag(attributes, CKA_DERIVE, false);
}

/* Tokens cannot name the attribute that they refuse, and some return a general error. */
static bool is_about_template(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY ||
	       rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_TEMPLATE_INCOMPLETE || rv == CKR_ARGUMENTS_BAD ||
	       rv == CKR_FUNCTION_FAILED || rv == CKR_GENERAL_ERROR;
}

static int make(struct p11_key *key, const struct new_pair *pair, const char *what, const char *function,
		new_key_attempt *attempt, void *context, struct error *error)
{
	const char *name = token_label(key->ring->session.token);
	CK_RV first = attempt(key, context, pair->slot == NULL), second;

	if (first == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" cannot %s (%s)", name, what, function);
	error_hint(error, OWN_TOOL);
	placing_hint(pair, first, error);
	if (!is_about_template(first) || pair->slot != NULL)
		return -ERROR_TOKEN;
	message_step("token \"%s\" refuses the template: %s; trying a shorter one", name, ckr_text(first));
	second = attempt(key, context, false);
	if (second == CKR_OK)
		return 0;
	error_set(error, ERROR_TOKEN, "token \"%s\" cannot %s (%s): %s, and with a shorter template %s", name, what,
		  function, ckr_text(first), ckr_text(second));
	error_hint(error, OWN_TOOL);
	error->code = second;
	return -ERROR_TOKEN;
}

/* The login that was lacking, if one was. */
static int log_in(struct p11_key *key, struct error *error)
{
	struct session *session = &key->ring->session;
	const struct p11_request *request = &key->ring->request;

	if (officer_is_missing(session, error->code)) {
		officer_hint(request, error);
		if (request->so_pin_from.type == SOURCE_NONE)
			return error_result(error);
		message_step("%s; logging the security officer in", error->text);
		return officer_login(session, request, error);
	}
	if (error->code == CKR_USER_NOT_LOGGED_IN && session_may_login(session, request))
		return session_login_anyway(session, request, error);
	return error_result(error);
}

int new_key_make(struct p11_key *key, const struct new_pair *pair, const char *what, const char *function,
		 new_key_attempt *attempt, void *context, struct error *error)
{
	if (make(key, pair, what, function, attempt, context, error) == 0)
		return 0;
	if (log_in(key, error) < 0)
		return error_result(error);
	return make(key, pair, what, function, attempt, context, error);
}

/* --- once it exists ---------------------------------------------------------------------------------------------- */

int new_key_check(const struct session *session, CK_OBJECT_HANDLE private, bool *leaves, struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_SENSITIVE, CKA_EXTRACTABLE };
	const char *fault = NULL;
	int values[2];

	*leaves = false;
	if (object_flags(session, private, types, values, 2, error) < 0)
		return error_result(error);
	if (values[0] == 0)
		fault = "not sensitive (CKA_SENSITIVE is false)";
	else if (values[1] == 1)
		fault = "extractable (CKA_EXTRACTABLE is true)";
	if (fault == NULL) {
		if (values[0] < 0 || values[1] < 0)
			message_warn("token \"%s\" does not show whether the key is sensitive and not extractable",
				     token_label(session->token));
		return 0;
	}
	*leaves = true;
	return error_set(error, ERROR_TOKEN, "token \"%s\" made the key %s although the opposite was requested",
			 token_label(session->token), fault);
}

int new_key_signs(struct p11_key *key, enum alg alg, CK_KEY_TYPE type, struct error *error)
{
	static const char data[] = "p11bearer";
	unsigned char signature[SIGNATURE_MAX];
	struct p11_signer *signer;
	struct p11_event event;
	double began;
	size_t length;
	int result;

	key->ring->request.alg = alg;
	/* libykcs11 2.2 shows the curve of the slot's certificate, which may be that of an earlier key. */
	key->alg = yubikey_is(key->ring->session.token) ? alg : ALG_AUTO;
	key->mechanism = NULL;
	key->prepared = false;
	if (fit_settle(key, key->handle, type, true, error) < 0 || p11_signer_open(&signer, key, error) < 0)
		return error_result(error);
	began = clock_ms();
	result = sign_once(signer, data, sizeof(data), signature, &length, error);
	p11_signer_event(signer, &event);
	result = observe(&key->ring->request, key->ring->session.token, event, clock_ms() - began, result, error);
	p11_signer_close(&signer);
	return result;
}

/* Warns if the key may do more than sign: a short template leaves that to the token. */
static void warn_of_uses(const struct session *session, CK_OBJECT_HANDLE private)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_DECRYPT, CKA_UNWRAP, CKA_SIGN_RECOVER, CKA_DERIVE };
	static const char *const names[] = { "CKA_DECRYPT", "CKA_UNWRAP", "CKA_SIGN_RECOVER", "CKA_DERIVE" };
	struct error ignored;
	int values[4];

	(void)object_flags(session, private, types, values, 4, &ignored);
	for (size_t i = 0; i < 4; i++) {
		if (values[i] == 1)
			message_warn("token \"%s\" made a key that may do more than sign: %s is true",
				     token_label(session->token), names[i]);
	}
}

/* Reads the names for key->full_uri: some tokens truncate the label, or choose the id themselves. */
static void read_names(struct p11_key *key)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	struct error ignored;
	char *uri = NULL;

	if (object_read(&key->ring->session, key->handle, CKA_LABEL, &label, &ignored) == 0 &&
	    object_read(&key->ring->session, key->handle, CKA_ID, &id, &ignored) == 0 && id.pValue != NULL)
		uri = token_key_uri(key->ring->session.token, &label, &id);
	if (uri != NULL && strcmp(uri, key->full_uri) != 0) {
		message_warn("token \"%s\" gave the key another label or id than requested",
			     token_label(key->ring->session.token));
		free(key->full_uri);
		key->full_uri = uri;
		uri = NULL;
	}
	free(uri);
	free(label.pValue);
	free(id.pValue);
}

/* A YubiKey chooses uses and label itself. */
void new_key_finish(struct p11_key *key, const struct new_pair *pair)
{
	if (pair->slot != NULL) {
		placing_note_replaced(key, pair);
		if (!pair->imported) /* libykcs11 shows them only in another process */
			placing_check_policies(key, pair);
		return;
	}
	warn_of_uses(&key->ring->session, key->handle);
	read_names(key);
}
