/* SPDX-License-Identifier: Apache-2.0 */
/* Generates RSA pairs that cannot leave their token. */
#include "p11/key.h"

#include "base/message.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum {
	ID_LENGTH = 8,         /* bytes of a random CKA_ID */
	NAME_MAX_LENGTH = 255, /* bytes of a label or id: more than any known token accepts */
};

/* The templates set every attribute: the module chooses what is omitted, and some make keys extractable by default. The
 * short ones are for tokens that refuse some attributes: they omit those that restrict the use of the pair, except
 * DECRYPT, but never those that keep the key on its token. The label is last because it is optional. */
static CK_RV generate_pair(const struct session *session, CK_ATTRIBUTE label, CK_ATTRIBUTE id, CK_ULONG bits,
			   bool in_full, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_KEY_TYPE key_type = CKK_RSA;
	CK_BYTE exponent[] = { 1, 0, 1 };
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_template[] = {
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_VERIFY_RECOVER, &no, sizeof(no) },
		{ CKA_ENCRYPT, &no, sizeof(no) },
		{ CKA_WRAP, &no, sizeof(no) },
		{ CKA_TOKEN, &yes, sizeof(yes) }, /* the short template begins here */
		{ CKA_KEY_TYPE, &key_type, sizeof(key_type) },
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
		id,
		label,
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_SIGN_RECOVER, &no, sizeof(no) },
		{ CKA_UNWRAP, &no, sizeof(no) },
		{ CKA_TOKEN, &yes, sizeof(yes) }, /* and here */
		{ CKA_KEY_TYPE, &key_type, sizeof(key_type) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &no, sizeof(no) },
		id,
		label,
	};
	CK_ULONG public_count = sizeof(public_template) / sizeof(public_template[0]);
	CK_ULONG private_count = sizeof(private_template) / sizeof(private_template[0]);
	CK_ULONG unlabelled = label.ulValueLen == 0 ? 1 : 0;
	CK_ULONG public_skipped = in_full ? 0 : 5, private_skipped = in_full ? 0 : 2;

	return CALL(session->token->module, C_GenerateKeyPair, session->handle, &mechanism,
		    public_template + public_skipped, public_count - public_skipped - unlabelled,
		    private_template + private_skipped, private_count - private_skipped - unlabelled, public, private);
}

/* Tokens cannot name the attribute that they refuse, and some return a general error. */
static bool is_about_template(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_READ_ONLY ||
	       rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_TEMPLATE_INCOMPLETE || rv == CKR_ARGUMENTS_BAD ||
	       rv == CKR_FUNCTION_FAILED || rv == CKR_GENERAL_ERROR;
}

static int make_pair(struct p11_key *key, CK_ATTRIBUTE label, CK_ATTRIBUTE id, unsigned bits, CK_OBJECT_HANDLE *public,
		     struct error *error)
{
	const char *name = token_label(key->session.token);
	CK_RV first = generate_pair(&key->session, label, id, bits, true, public, &key->handle), second;

	if (first == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" cannot make an RSA key of %u bits (C_GenerateKeyPair)", name,
		  bits);
	error_hint(error, OWN_TOOL);
	if (!is_about_template(first))
		return -ERROR_TOKEN;
	message_step("token \"%s\" refuses the template: %s; trying a shorter one", name, ckr_text(first));
	second = generate_pair(&key->session, label, id, bits, false, public, &key->handle);
	if (second == CKR_OK)
		return 0;
	error_set(error, ERROR_TOKEN,
		  "token \"%s\" cannot make an RSA key of %u bits (C_GenerateKeyPair): %s, and with a shorter template "
		  "%s",
		  name, bits, ckr_text(first), ckr_text(second));
	error_hint(error, OWN_TOOL);
	error->code = second;
	return -ERROR_TOKEN;
}

/* Warns of what the short template leaves to the token. */
static void warn_of_uses(const struct session *session, CK_OBJECT_HANDLE private)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_DECRYPT, CKA_UNWRAP, CKA_SIGN_RECOVER };
	static const char *const names[] = { "CKA_DECRYPT", "CKA_UNWRAP", "CKA_SIGN_RECOVER" };
	struct error ignored;
	int values[3];

	(void)object_flags(session, private, types, values, 3, &ignored);
	for (size_t i = 0; i < 3; i++) {
		if (values[i] == 1)
			message_warn("token \"%s\" made a key that may do more than sign: %s is true",
				     token_label(session->token), names[i]);
	}
}

static int read_back(const struct session *session, CK_OBJECT_HANDLE public, CK_OBJECT_HANDLE private, const char *uri,
		     struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_SENSITIVE, CKA_EXTRACTABLE };
	const char *fault = NULL;
	int values[2];

	if (object_flags(session, private, types, values, 2, error) < 0) {
		error_append(error, "; the key: %s", uri);
		error_hint(error, "the key was made, but it is not known whether it can leave the token; check it with "
				  "\"p11bearer keys\" before you use it");
		return error_result(error);
	}
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
	error_set(error, ERROR_TOKEN, "token \"%s\" made the key %s although the opposite was requested",
		  token_label(session->token), fault);
	return pair_destroy(session, public, private, uri, "this token does not keep its keys", error);
}

/* Reads the names for the URI: some tokens truncate the label, or choose the id themselves. */
static void read_names(struct p11_key *key)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	struct error ignored;
	char *uri = NULL;

	if (object_read(&key->session, key->handle, CKA_LABEL, &label, &ignored) == 0 &&
	    object_read(&key->session, key->handle, CKA_ID, &id, &ignored) == 0 && id.pValue != NULL)
		uri = token_key_uri(key->session.token, &label, &id);
	if (uri != NULL && strcmp(uri, key->full_uri) != 0) {
		message_warn("token \"%s\" gave the key another label or id than requested",
			     token_label(key->session.token));
		free(key->full_uri);
		key->full_uri = uri;
		uri = NULL;
	}
	free(uri);
	free(label.pValue);
	free(id.pValue);
}

/* Label and id for the new key: the URI's, else no label and a random id. An empty one counts as none. */
static int choose_names(const struct uri *uri, CK_ATTRIBUTE *label, CK_ATTRIBUTE *id, struct error *error)
{
	const CK_ATTRIBUTE *wanted_label = p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL);
	const CK_ATTRIBUTE *wanted_id = p11_kit_uri_get_attribute(uri->parsed, CKA_ID);

	if (wanted_label != NULL)
		*label = *wanted_label;
	if (wanted_id != NULL && wanted_id->ulValueLen > 0)
		*id = *wanted_id;
	else if (RAND_bytes(id->pValue, (int)id->ulValueLen) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make a random id");
	if (label->ulValueLen > NAME_MAX_LENGTH || id->ulValueLen > NAME_MAX_LENGTH)
		return error_set(error, ERROR_USAGE, "the label or id is longer than %d bytes", NAME_MAX_LENGTH);
	return 0;
}

static int generate(struct p11_key *key, const struct p11_request *request, unsigned bits, struct error *error)
{
	unsigned char random_id[ID_LENGTH];
	CK_ATTRIBUTE label = { CKA_LABEL, NULL, 0 }, id = { CKA_ID, random_id, ID_LENGTH };
	struct error slip = { .hint = "" };
	CK_OBJECT_HANDLE public;
	struct token *token;

	if (key_token(key, request, true, &token, error) < 0 || choose_names(key->uri, &label, &id, error) < 0 ||
	    session_open(&key->session, token, true, error) < 0 ||
	    session_login(&key->session, request, key->uri, error) < 0)
		return error_result(error);
	p11_uri_hint_id(key->uri->text, &slip);
	if (slip.hint[0] != '\0')
		message_warn("%s", slip.hint);
	if (taken_refuse(&key->session, &label, error) < 0 || taken_refuse(&key->session, &id, error) < 0)
		return error_result(error);
	/* Before the key exists: afterwards nothing may fail before the user gets its URI. */
	tokens_look_beyond(&key->tokens, key->uri);
	key->full_uri = token_key_uri(token, &label, &id);
	if (key->full_uri == NULL)
		return error_memory(error);
	if (make_pair(key, label, id, bits, &public, error) < 0 &&
	    (error->code != CKR_USER_NOT_LOGGED_IN || !session_may_login(&key->session, request, key->uri) ||
	     session_login_anyway(&key->session, request, key->uri, error) < 0 ||
	     make_pair(key, label, id, bits, &public, error) < 0))
		return error_result(error);
	if (read_back(&key->session, public, key->handle, key->full_uri, error) < 0)
		return error_result(error);
	warn_of_uses(&key->session, key->handle);
	read_names(key);
	if (require_nonextractable(&key->session, key->handle, request, error) < 0) {
		error_append(error, "; the key was made: %s", key->full_uri);
		return error_result(error);
	}
	return taken_since(key, &(struct new_pair){ .names = { label, id }, .public = public }, error);
}

int p11_key_generate(const struct p11_request *request, unsigned bits, char **uri, struct error *error)
{
	struct p11_key *key = calloc(1, sizeof(*key));
	int result;

	*uri = NULL;
	if (key == NULL)
		return error_memory(error);
	result = generate(key, request, bits, error);
	if (result == 0) {
		*uri = key->full_uri;
		key->full_uri = NULL;
	}
	p11_key_close(&key);
	return result;
}
