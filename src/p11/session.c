/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and the one login of a run. The first rule: no PIN try is spent that the user did not ask for. */
#include "p11/session.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/observe.h"
#include "p11/yubikey.h"

#include <string.h>

void session_close(struct session *session)
{
	/* No C_CloseSession: C_Finalize follows and ends the session, and each call costs a round trip. */
	secret_free(&session->pin);
	secret_free(&session->so_pin);
	session->open = false;
}

/* What to do about a PIN that is locked. */
static const char *unlock(const struct token *token)
{
	return yubikey_is(token) ? yubikey_blocked :
				   "unlock it with the PUK or the security officer's PIN, with the token's own tool";
}

/* Refuses a login that could lock the PIN. */
static int check_flags(const struct token *token, CK_FLAGS flags, const struct p11_request *request,
		       struct error *error)
{
	if ((flags & CKF_USER_PIN_LOCKED) != 0) {
		error_set(error, ERROR_PIN,
			  "the PIN of token \"%s\" is locked (CKF_USER_PIN_LOCKED); no login was tried",
			  token_label(token));
		error_hint(error, "%s", unlock(token));
		return -ERROR_PIN;
	}
	if ((flags & CKF_USER_PIN_FINAL_TRY) != 0 && !request->allow_final_try) {
		error_set(error, ERROR_PIN,
			  "token \"%s\" has one PIN try left (CKF_USER_PIN_FINAL_TRY); no login was tried",
			  token_label(token));
		error_hint(error, "a wrong PIN would lock it; if you are sure of the PIN, give --allow-final-try");
		return -ERROR_PIN;
	}
	return 0;
}

static void warn_of_flags(const struct token *token)
{
	if ((token->info.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		message_warn("a wrong PIN was entered for token \"%s\" since the last login", token_label(token));
	if ((token->info.flags & CKF_USER_PIN_TO_BE_CHANGED) != 0)
		message_warn("the PIN of token \"%s\" must be changed", token_label(token));
}

/* A token shows by flags only how many tries are left, and only after a failed one. */
static void hint_tries(const struct token *token, struct error *error)
{
	CK_TOKEN_INFO info;

	if (CALL(token->module, C_GetTokenInfo, token->slot, &info) != CKR_OK)
		return;
	if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
		error_hint(error, "the PIN is locked now; %s",
			   yubikey_is(token) ? yubikey_blocked : "unlock it with the token's own tool");
	else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		error_hint(error, "one try is left; a wrong PIN locks the token");
	else if ((info.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		error_hint(error, "some tokens lock after three wrong PINs; this one has counted at least one");
}

static int login_error(const struct token *token, CK_RV rv, struct error *error)
{
	const char *label = token_label(token);

	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_ARGUMENTS_BAD: /* from some modules, for a PIN of the wrong length */
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the PIN", label);
		hint_tries(token, error);
		break;
	case CKR_PIN_LOCKED:
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the login", label);
		error_hint(error, "%s", unlock(token));
		break;
	case CKR_PIN_EXPIRED:
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the login", label);
		error_hint(error, "set a new PIN with the token's own tool");
		break;
	case CKR_USER_PIN_NOT_INITIALIZED:
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the login", label);
		error_hint(error, "the token has no user PIN yet; set one with the token's own tool");
		break;
	case CKR_FUNCTION_CANCELED:
	case CKR_CANCEL:
		ckr_error(error, ERROR_PIN, rv, "the login to token \"%s\" was cancelled", label);
		break;
	default:
		ckr_error(error, ERROR_TOKEN, rv, "cannot log in to token \"%s\"", label);
	}
	return error_result(error);
}

static CK_RV login(const struct session *session, CK_USER_TYPE user)
{
	const struct module *module = session->token->module;
	/* NULL, not an empty PIN, makes the token use its pin pad. */
	const char *pin = session->pin != NULL ? secret_data(session->pin) : NULL;
	CK_ULONG length = session->pin != NULL ? secret_length(session->pin) : 0;

	if (pin == NULL) {
		message_note("enter the PIN on the pin pad of token \"%s\"", token_label(session->token));
		return CALL_FOR_PERSON(module, C_Login, session->handle, user, NULL, 0);
	}
	return CALL(module, C_Login, session->handle, user, (CK_UTF8CHAR_PTR)pin, length);
}

int session_check(const struct session *session, const struct p11_request *request, struct error *error)
{
	CK_FLAGS flags;

	if (token_check(session->token, &flags, error) < 0)
		return error_result(error);
	return check_flags(session->token, flags, request, error);
}

int session_is_usable(const struct session *session, struct error *error)
{
	if (session->refused != ERROR_NONE)
		return error_set(error, session->refused, "an earlier login to token \"%s\" failed; not trying again",
				 token_label(session->token));
	return token_is_there(session->token, error);
}

int session_refused(struct session *session, CK_RV rv, struct error *error)
{
	login_error(session->token, rv, error);
	session->refused = error->class;
	secret_free(&session->pin);
	error->code = 0; /* no loss that another try could recover */
	return error_result(error);
}

/* Tells the observer. If the observer fails, so does the login. */
static int report(struct session *session, const struct p11_request *request, double milliseconds, int result,
		  struct error *error)
{
	const struct p11_event event = { .kind = P11_LOGIN };

	if (observe(request, session->token, event, milliseconds, result, error) == 0)
		return 0;
	session->refused = error->class;
	secret_free(&session->pin);
	return error_result(error);
}

/* Logs in with the session's PIN. `checked`: nothing has happened since the token was queried. After a login that
 * failed, for whatever reason, there is no other: a card that was lost during the login may have counted the try. */
static int try_login(struct session *session, const struct p11_request *request, CK_USER_TYPE user, bool checked,
		     struct error *error)
{
	double began, took;
	CK_RV rv;

	if (session_is_usable(session, error) < 0)
		return error_result(error);
	if (!checked && session_check(session, request, error) < 0)
		return error_result(error);
	began = clock_ms();
	rv = login(session, user);
	took = clock_ms() - began;
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return report(session, request, took, session_refused(session, rv, error), error);
	session->logins++;
	return report(session, request, took, 0, error);
}

static bool needs_login(const struct session *session)
{
	return session->wants_login || (session->token->info.flags & CKF_LOGIN_REQUIRED) != 0;
}

CK_RV session_ask(const struct session *session)
{
	CK_SESSION_INFO info;
	CK_RV rv = CALL(session->token->module, C_GetSessionInfo, session->handle, &info);

	if (rv != CKR_OK || !needs_login(session))
		return rv;
	return info.state == CKS_RO_PUBLIC_SESSION || info.state == CKS_RW_PUBLIC_SESSION ? CKR_USER_NOT_LOGGED_IN :
											    CKR_OK;
}

/* Gets the PIN unless it is known. *waited: a person may have had to enter it. */
static int get_pin(struct session *session, const struct p11_request *request, bool *waited, struct error *error)
{
	const struct token *token = session->token;

	*waited = false;
	if (session->pin != NULL || session->refused != ERROR_NONE)
		return 0;
	/* Do not ask for a PIN that will not be used. */
	if (check_flags(token, token->info.flags, request, error) < 0)
		return error_result(error);
	warn_of_flags(token);
	*waited = pin_may_wait(request);
	return pin_get(&session->pin, request, token, error);
}

/* `checked` as in try_login. */
static int log_in(struct session *session, const struct p11_request *request, bool checked, struct error *error)
{
	bool waited;

	if (!needs_login(session))
		return 0;
	if (get_pin(session, request, &waited, error) < 0)
		return error_result(error);
	return try_login(session, request, CKU_USER, checked && (!waited || session->pin == NULL), error);
}

int session_login(struct session *session, const struct p11_request *request, struct error *error)
{
	return log_in(session, request, session->token->alone, error);
}

bool session_may_login(const struct session *session, const struct p11_request *request)
{
	const struct uri *uri = request->uri;
	CK_FLAGS flags = session->token->info.flags & (CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED);

	return !session->wants_login && flags == CKF_USER_PIN_INITIALIZED &&
	       (request->pin_from.type != SOURCE_NONE || uri->pin != NULL || uri->pin_source.type != SOURCE_NONE);
}

int session_login_anyway(struct session *session, const struct p11_request *request, struct error *error)
{
	message_step("token \"%s\" does not set CKF_LOGIN_REQUIRED; trying to log in anyway",
		     token_label(session->token));
	session->wants_login = true;
	return log_in(session, request, false, error);
}

int session_renew(struct session *session, const struct p11_request *request, struct error *error)
{
	struct token *token = session->token;
	CK_SESSION_HANDLE old = session->handle;
	CK_SESSION_INFO info;
	CK_FLAGS flags;
	CK_RV rv = session_open_handle(session);

	if (rv == CKR_SESSION_COUNT && session->open) { /* the token allows one session */
		CALL(token->module, C_CloseSession, old);
		session->open = false;
		rv = session_open_handle(session);
	}
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot open another session with token \"%s\"",
				 token_label(token));
	if (session->open && old != session->handle) /* a module may reuse a handle */
		CALL(token->module, C_CloseSession, old);
	session->open = true;
	rv = CALL(token->module, C_GetSessionInfo, session->handle, &info);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot use another session with token \"%s\"",
				 token_label(token));
	if (session->officer && info.state != CKS_RW_SO_FUNCTIONS)
		return error_set(error, ERROR_TOKEN, "the security officer's login to token \"%s\" was lost",
				 token_label(token));
	if (!needs_login(session) || session->officer || info.state == CKS_RO_USER_FUNCTIONS ||
	    info.state == CKS_RW_USER_FUNCTIONS)
		return token_check(token, &flags, error);
	return try_login(session, request, CKU_USER, false, error);
}

int session_pin(struct session *session, const struct p11_request *request, struct error *error)
{
	bool ignored;

	return get_pin(session, request, &ignored, error);
}

int session_login_context(struct session *session, const struct p11_request *request, struct error *error)
{
	if (session_pin(session, request, error) < 0)
		return error_result(error);
	return try_login(session, request, CKU_CONTEXT_SPECIFIC, false, error);
}
