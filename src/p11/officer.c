/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/officer.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/observe.h"
#include "p11/yubikey.h"
#include "process/prompt.h"

#include <stdio.h>

enum { SO_PIN_MAX = 1024 }; /* bytes; as for the user's */

bool officer_is_needed(const struct token *token)
{
	return yubikey_is(token);
}

bool officer_is_missing(const struct session *session, CK_RV rv)
{
	if (session->officer)
		return false;
	/* The user's login may also have been lost. */
	return rv == CKR_USER_TYPE_INVALID ||
	       (rv == CKR_USER_NOT_LOGGED_IN && session->logins > 0 && session_ask(session) == CKR_OK);
}

/* --- the PIN ----------------------------------------------------------------------------------------------------- */

/* Refuses a login that could lock the officer's PIN. */
static int check_flags(const struct token *token, CK_FLAGS flags, const struct p11_request *request,
		       struct error *error)
{
	if ((flags & CKF_SO_PIN_LOCKED) != 0) {
		error_set(error, ERROR_PIN, "the security officer's PIN of token \"%s\" is locked (CKF_SO_PIN_LOCKED); "
			  "the officer was not logged in", token_label(token));
		error_hint(error, "most tokens must then be initialised, which destroys their keys; see the token's "
				  "own manual");
		return -ERROR_PIN;
	}
	if ((flags & CKF_SO_PIN_FINAL_TRY) != 0 && !request->allow_final_try) {
		error_set(error, ERROR_PIN, "token \"%s\" has one try left for the security officer's PIN "
			  "(CKF_SO_PIN_FINAL_TRY); the officer was not logged in", token_label(token));
		error_hint(error, "a wrong SO PIN would lock it; if you are sure of it, give --allow-final-try");
		return -ERROR_PIN;
	}
	return 0;
}

static void warn_of_flags(const struct token *token)
{
	if ((token->info.flags & CKF_SO_PIN_COUNT_LOW) != 0)
		message_warn("a wrong SO PIN was entered for token \"%s\" since the officer's last login",
			     token_label(token));
	if ((token->info.flags & CKF_SO_PIN_TO_BE_CHANGED) != 0)
		message_warn("the SO PIN of token \"%s\" must be changed", token_label(token));
}

static int not_given(const struct token *token, struct error *error)
{
	error_set(error, ERROR_PIN, "token \"%s\" lets only its security officer change what is on it",
		  token_label(token));
	error_hint(error, "name the source of %s with --so-pin-from",
		   yubikey_is(token) ? "the management key" : "the security officer's PIN");
	return -ERROR_PIN;
}

static int read_pin(struct secret *pin, const struct p11_request *request, const struct token *token,
		    struct error *error)
{
	bool yubikey = yubikey_is(token);
	const struct source_kind kind = { yubikey ? "management key" : "SO PIN", ERROR_PIN, SO_PIN_MAX,
					  request->timeout };
	char subject[64];
	const struct prompt prompt = { subject, yubikey ? "the management key" : "the SO PIN", "--so-pin-from" };

	snprintf(subject, sizeof(subject), "token \"%s\"", token_label(token));
	if (prompt_read(&request->so_pin_from, &kind, &prompt, pin, error) < 0)
		return error_result(error);
	return yubikey ? yubikey_check_management_key(pin, error) : 0;
}

int officer_pin(struct session *session, const struct p11_request *request, struct error *error)
{
	const struct token *token = session->token;

	if (session->so_pin != NULL)
		return 0;
	if (request->so_pin_from.type == SOURCE_NONE)
		return not_given(token, error);
	/* Do not ask for a PIN that will not be used. */
	if (session_is_usable(session, error) < 0 || check_flags(token, token->info.flags, request, error) < 0)
		return error_result(error);
	warn_of_flags(token);
	session->so_pin = secret_new(64);
	if (session->so_pin == NULL)
		return error_memory(error);
	if (read_pin(session->so_pin, request, token, error) == 0)
		return 0;
	secret_free(&session->so_pin);
	return error_result(error);
}

void officer_hint(const struct p11_request *request, struct error *error)
{
	if (request->so_pin_from.type != SOURCE_NONE)
		return;
	error->class = ERROR_PIN;
	error_hint(error, "this token lets only its security officer do so; name the source of the officer's PIN with "
			  "--so-pin-from");
}

/* --- the login --------------------------------------------------------------------------------------------------- */

static void hint_wrong(const struct token *token, struct error *error)
{
	CK_TOKEN_INFO info;

	if (yubikey_is(token))
		/* libykcs11 2.2 also says so of a device that was pulled out before it could answer. */
		error_hint(error, "check the management key, and that the YubiKey is plugged in; a wrong one uses up "
				  "no try, neither of the PIN nor of the PUK");
	else if (CALL(token->module, C_GetTokenInfo, token->slot, &info) != CKR_OK)
		return;
	else if ((info.flags & CKF_SO_PIN_LOCKED) != 0)
		error_hint(error, "the SO PIN is locked now; see the token's own manual");
	else if ((info.flags & CKF_SO_PIN_FINAL_TRY) != 0)
		error_hint(error, "one try is left; a wrong SO PIN locks it");
	else if ((info.flags & CKF_SO_PIN_COUNT_LOW) != 0)
		error_hint(error, "some tokens lock the SO PIN after a few wrong ones; this one has counted at least "
				  "one");
}

static int login_error(const struct token *token, CK_RV rv, struct error *error)
{
	const char *label = token_label(token);

	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_ARGUMENTS_BAD: /* from some modules, for a PIN of the wrong length */
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the security officer's PIN", label);
		hint_wrong(token, error);
		break;
	case CKR_PIN_LOCKED:
	case CKR_PIN_EXPIRED:
	case CKR_USER_PIN_NOT_INITIALIZED:
	case CKR_USER_TYPE_INVALID:
	case CKR_USER_TOO_MANY_TYPES:
	case CKR_FUNCTION_NOT_SUPPORTED:
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the security officer's login", label);
		error_hint(error, "see the token's own manual for who may change what is on it");
		break;
	case CKR_USER_ANOTHER_ALREADY_LOGGED_IN:
	case CKR_SESSION_READ_ONLY_EXISTS:
		ckr_error(error, ERROR_PIN, rv, "token \"%s\" refused the security officer's login", label);
		error_hint(error, "end the other programs that use the token through this module");
		break;
	default:
		ckr_error(error, ERROR_TOKEN, rv, "cannot log the security officer in to token \"%s\"", label);
	}
	return error_result(error);
}

/* No login follows one that failed, as for the user. */
static int fail(struct session *session, struct error *error)
{
	session->refused = error->class;
	error->code = 0; /* no loss that another try could recover */
	return error_result(error);
}

static int log_out(struct session *session, struct error *error)
{
	CK_RV rv = CALL(session->token->module, C_Logout, session->handle);

	if (rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN)
		return 0;
	return ckr_error(error, ERROR_TOKEN, rv, "cannot log out of token \"%s\"", token_label(session->token));
}

static int log_in(struct session *session, const struct p11_request *request, struct error *error)
{
	const struct p11_event event = { .kind = P11_LOGIN, .officer = true };
	double began = clock_ms(), took;
	int result = 0;
	CK_RV rv = CALL(session->token->module, C_Login, session->handle, CKU_SO,
			(CK_UTF8CHAR_PTR)secret_data(session->so_pin), secret_length(session->so_pin));

	took = clock_ms() - began;
	secret_free(&session->so_pin);
	session->officer = rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN;
	if (!session->officer) {
		login_error(session->token, rv, error);
		result = fail(session, error);
	}
	if (observe(request, session->token, event, took, result, error) == 0)
		return 0;
	return fail(session, error);
}

int officer_login(struct session *session, const struct p11_request *request, struct error *error)
{
	CK_FLAGS flags;

	if (session->officer)
		return 0;
	if (officer_pin(session, request, error) < 0 || session_is_usable(session, error) < 0 ||
	    (session->logins > 0 && log_out(session, error) < 0) ||
	    token_check(session->token, &flags, error) < 0 ||
	    check_flags(session->token, flags, request, error) < 0)
		return error_result(error);
	return log_in(session, request, error);
}

int officer_leave(struct session *session, const struct p11_request *request, struct error *error)
{
	secret_free(&session->so_pin);
	if (session_pin(session, request, error) < 0 || (session->officer && log_out(session, error) < 0))
		return error_result(error);
	session->officer = false;
	return session_renew(session, request, error);
}
