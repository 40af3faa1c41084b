/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the one private key that a URI names. */
#include "p11/key.h"

#include "base/message.h"
#include "p11/yubikey.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static int no_token(const struct p11_key *key, struct error *error)
{
	error_set(error, ERROR_NO_KEY, "no token matches %s", uri_shown(key->uri));
	modules_hint(&key->ring->modules, error);
	if (key->uri->has_slot_id)
		slots_hint(&key->ring->modules, error);
	token_hint_near(&key->ring->modules, key->uri, error);
	return -ERROR_NO_KEY;
}

/* Whether all have the same label: one was most likely created twice. */
static bool have_one_label(const struct tokens *tokens)
{
	const CK_TOKEN_INFO *first = &tokens->list[0].info;

	for (size_t i = 1; i < tokens->count; i++) {
		if (memcmp(tokens->list[i].info.label, first->label, sizeof(first->label)) != 0)
			return false;
	}
	return true;
}

static int many_tokens(struct p11_key *key, struct error *error)
{
	struct tokens *tokens = &key->ring->tokens;
	bool by_slot = false, by_serial = have_one_label(tokens);

	tokens_look_beyond(tokens, key->uri);
	error_set(error, ERROR_NO_KEY, "%zu tokens match %s:", tokens->count, uri_shown(key->uri));
	for (size_t i = 0; i < tokens->count && i < KEYS_NAMED_MOST; i++) {
		char *uri = token_uri(&tokens->list[i]);

		by_slot |= tokens->list[i].needs_slot;
		by_serial &= !tokens->list[i].needs_slot && !tokens->list[i].needs_module;
		error_append(error, "\n  %s", uri != NULL ? uri : "?");
		free(uri);
	}
	error_hint(error, "no login was tried; name one token in the URI%s%s",
		   by_serial ? ", or remove the one that an earlier attempt left (SoftHSM: softhsm2-util "
			       "--delete-token --serial SERIAL)" : "",
		   by_slot ? ". The slot-id may change when the module restarts; give each token its own label" : "");
	return -ERROR_NO_KEY;
}

/* Whether a token that matches the URI cannot be the right one: it hides nothing and has no such key, or, for a new
 * key, is read-only. Many machines have such tokens, such as that of p11-kit's trust module. */
static bool is_unsuitable(struct token *token, const struct p11_request *request, bool for_new_key)
{
	CK_OBJECT_HANDLE found;
	CK_KEY_TYPE type;
	struct session session;
	struct error ignored;
	size_t count = 0;
	bool searched;

	if (for_new_key)
		return (token->info.flags & CKF_WRITE_PROTECTED) != 0;
	if ((token->info.flags & CKF_LOGIN_REQUIRED) != 0)
		return false;
	if (session_open(&session, token, false, &ignored) < 0)
		return true;
	searched = fit_find(&session, request->uri, CKO_PRIVATE_KEY, request->alg, &found, 1, &count, &type,
			    &ignored) == 0;
	CALL(token->module, C_CloseSession, session.handle);
	return searched && count == 0;
}

int key_modules(struct p11_key *key, const struct p11_request *request, struct error *error)
{
	key->ring->request = *request;
	key->uri = request->uri;
	return modules_open(&key->ring->modules, request, error);
}

int key_choose_token(struct p11_key *key, bool for_new_key, struct token **token, struct error *error)
{
	struct tokens *tokens = &key->ring->tokens;
	size_t kept = 0;

	*token = NULL;
	if (tokens->count > 1) {
		for (size_t i = 0; i < tokens->count; i++) {
			if (!is_unsuitable(&tokens->list[i], &key->ring->request, for_new_key))
				tokens->list[kept++] = tokens->list[i];
		}
		if (kept > 0)
			tokens->count = kept;
	}
	if (tokens->count != 1)
		return tokens->count == 0 ? no_token(key, error) : many_tokens(key, error);
	*token = &tokens->list[0];
	return 0;
}

int key_token(struct p11_key *key, const struct p11_request *request, bool for_new_key, struct token **token,
	      struct error *error)
{
	if (key_modules(key, request, error) < 0)
		return error_result(error);
	token_note_slot_id(key->uri);
	if (tokens_find(&key->ring->tokens, &key->ring->modules, key->uri, false, error) < 0 ||
	    key_choose_token(key, for_new_key, token, error) < 0)
		return error_result(error);
	return require_hardware(*token, request, request->alg, error);
}

int key_is_one_of_many(struct p11_key *key, const CK_OBJECT_HANDLE *found, size_t count, bool logged_in,
		       struct error *error)
{
	error_set(error, ERROR_NO_KEY, "more than one key on token \"%s\" matches %s:",
		  token_label(key->ring->session.token), uri_shown(key->uri));
	tokens_look_beyond(&key->ring->tokens, key->ring->request.uri);
	object_name_all(&key->ring->session, found, count, error);
	error_hint(error, "%sgive the full URI of one of them; keys with the same id and label cannot be told "
			  "apart: remove one with the token's own tool", logged_in ? "" : "no login was tried; ");
	return -ERROR_NO_KEY;
}

int key_is_missing(struct p11_key *key, struct error *error)
{
	error_set(error, ERROR_NO_KEY, "no private %skey on token \"%s\" matches %s",
		  fit_name(key->ring->request.alg), token_label(key->ring->session.token), uri_shown(key->uri));
	/* If a recovery misses one of two keys, its names are right, and the search for others would take long. */
	if (key->handle == CK_INVALID_HANDLE || key->ring->keys->next == NULL)
		key_hint(key, error);
	error->code = CODE_NO_KEY;
	return -ERROR_NO_KEY;
}

bool p11_is_missing_key(const struct error *error)
{
	return error->class == ERROR_NO_KEY && error->code == CODE_NO_KEY;
}

int key_check_before_login(struct p11_key *key, struct error *error)
{
	CK_OBJECT_HANDLE found[KEYS_NAMED_MOST + 1];
	CK_KEY_TYPE type;
	size_t count;
	int result = fit_find(&key->ring->session, key->uri, CKO_PUBLIC_KEY, key->ring->request.alg, found,
			      KEYS_NAMED_MOST + 1, &count, &type, error);

	if (result == 0 && count > 1)
		return key_is_one_of_many(key, found, count, false, error);
	if (result == 0)
		result = count == 1 ? fit_settle(key, found[0], type, false, error) :
				      fit_refuse_other(key, CKO_PUBLIC_KEY, error);
	/* The token hides everything until login. */
	return result < 0 && error->code == CKR_USER_NOT_LOGGED_IN ? 0 : result;
}

/* The algorithm of the key that is looked for. A public EC key does not tell that there is no RSA key: the token may
 * show no public half of that. */
static enum alg alg_to_find(const struct p11_key *key)
{
	bool is_known = key->handle != CK_INVALID_HANDLE || fit_takes(key->alg, CKK_RSA);

	return key->alg != ALG_AUTO && is_known ? key->alg : key->ring->request.alg;
}

int key_find(struct p11_key *key, struct error *error)
{
	enum alg alg = alg_to_find(key);
	CK_OBJECT_HANDLE found[KEYS_NAMED_MOST + 1];
	CK_KEY_TYPE type;
	size_t count;

	if (fit_find(&key->ring->session, key->uri, CKO_PRIVATE_KEY, alg, found, KEYS_NAMED_MOST + 1, &count, &type,
		     error) < 0)
		return error_result(error);
	key->matches = count;
	if (count == 0)
		return key_is_missing(key, error);
	if (count > 1)
		return key_is_one_of_many(key, found, count, true, error);
	key->handle = found[0];
	if (!fit_takes(key->alg, type)) {
		key->alg = ALG_AUTO;
		key->mechanism = NULL;
	}
	return fit_settle(key, key->handle, type, true, error);
}

int key_is_there(const struct p11_key *key, struct error *error)
{
	return !key->missing ? 0 : error_set(error, ERROR_TOKEN, "the key %s is not on token \"%s\" any more",
					     uri_shown(key->uri), token_label(key->ring->session.token));
}

int key_begin(struct p11_key *key, const struct p11_request *request, bool writable, struct error *error)
{
	struct token *token;

	key->ring->outage.limit = (double)request->module_wait * 1e3;
	if (key_token(key, request, false, &token, error) < 0)
		return error_result(error);
	return session_open(&key->ring->session, token, writable, error);
}

int key_log_in(struct p11_key *key, struct error *error)
{
	const struct p11_request *request = &key->ring->request;

	if ((key->ring->session.token->info.flags & CKF_LOGIN_REQUIRED) != 0 && key_check_before_login(key, error) < 0)
		return error_result(error);
	if (session_login(&key->ring->session, request, error) < 0)
		return error_result(error);
	if (key_find(key, error) < 0 &&
	    (key->matches > 0 || error->class != ERROR_NO_KEY || !session_may_login(&key->ring->session, request) ||
	     session_login_anyway(&key->ring->session, request, error) < 0 || key_find(key, error) < 0))
		return error_result(error);
	if (require_nonextractable(key->ring, key->handle, error) < 0)
		return error_result(error);
	return key_require_attested(key, error);
}

int p11_key_public(struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	if (key->public == NULL &&
	    object_public(&key->ring->session, key->handle, fit_type(key), &key->public, error) < 0)
		return error_result(error);
	EVP_PKEY_up_ref(key->public);
	*public = key->public;
	return 0;
}

bool p11_key_is_in_slot(const struct p11_key *key)
{
	return yubikey_is(key->ring->session.token);
}

enum alg p11_key_alg(const struct p11_key *key)
{
	return key->alg;
}

const char *p11_key_unchecked(const struct p11_key *key)
{
	return key->unchecked;
}
