/* SPDX-License-Identifier: Apache-2.0 */
/* Getting at a key again: network HSMs lose sessions, cards are pulled and put back. */
#include "p11/internal.h"

#include "base/message.h"

#include <stdlib.h>
#include <string.h>

enum { RESTART_AGAIN = 100 }; /* signatures after which a module that was restarted may be restarted once more */

/* What was lost. After the loss of a token some modules answer with an error until they are restarted. */
enum loss { LOSS_NONE, LOSS_SESSION, LOSS_TOKEN };

static enum loss loss_of(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_OPERATION_NOT_INITIALIZED:
	case CKR_OPERATION_ACTIVE: /* a C_Sign that failed has not ended it, as it should: the session is of no use any more */
		return LOSS_SESSION;
	case CKR_DEVICE_REMOVED:
	case CKR_DEVICE_ERROR:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SLOT_ID_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return LOSS_TOKEN;
	default:
		return LOSS_NONE;
	}
}

bool key_is_lost(const struct error *error)
{
	return error->class == ERROR_TOKEN && loss_of(error->code) != LOSS_NONE;
}

static int renew(struct p11_key *key, struct error *error)
{
	int result = session_renew(&key->session, &key->request, error);

	/* Not before there is a new one: the last session takes the login with it. Unless they take its room. */
	if (sessions_of_others_close(key, false) > 0 && result < 0 && error->code == CKR_SESSION_COUNT)
		result = session_renew(&key->session, &key->request, error);
	return result == 0 ? key_find(key, error) : result;
}

int key_recover(struct p11_key *key, const struct error *lost, struct error *error)
{
	struct session *session = &key->session;

	if (token_is_there(session->token, error) < 0)
		return error_result(error);
	message_step("%s; getting at the key again", lost->text);
	key->must_prepare = true; /* it may be the login for each signature that was missing: it is asked for now */
	if (lost->code == CKR_USER_NOT_LOGGED_IN && session_may_login(session, &key->request, &key->uri))
		return session_login_anyway(session, &key->request, &key->uri, error) < 0 ? error_result(error) : key_find(key, error);
	if (loss_of(lost->code) == LOSS_SESSION) {
		unsigned logins = session->logins;

		if (renew(key, error) == 0) {
			/* The login was not what was missing, so it is one for the signature, of which the key does not tell. */
			if (key->refused_to_sign && session->logins == logins && logins > 0)
				key->always_authenticate = true;
			return 0;
		}
		if (!key_is_lost(error) && error->code != CKR_SESSION_COUNT)
			return error_result(error);
	}
	if (key->restarted && key->signed_since < RESTART_AGAIN)
		return error_set(error, ERROR_TOKEN, "cannot restart the module %s: it was restarted once before",
				 session->token->module->name);
	key->restarted = true;
	key->signed_since = 0;
	session->open = false; /* its handle ends with the module */
	sessions_of_others_close(key, true);
	if (module_restart(session->token->module, error) < 0 || token_find_again(session->token, &key->uri, error) < 0)
		return error_result(error);
	return renew(key, error);
}
