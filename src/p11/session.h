/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with a token, and the login. */
#ifndef P11BEARER_P11_SESSION_H
#define P11BEARER_P11_SESSION_H

#include "base/secret.h"
#include "p11/token.h"

struct session {
	struct token *token;
	CK_SESSION_HANDLE handle;
	bool open, writable;
	bool failed;        /* it could not be opened again after a recovery, or must not sign with the key */
	bool wants_login;   /* although the token does not set CKF_LOGIN_REQUIRED */
	unsigned logins;    /* of the user that the token accepted */
	struct secret *pin; /* the accepted PIN, until the session is closed; NULL: pin pad, or no login */
	enum error_class refused; /* the class of a login that failed: no other is tried; ERROR_NONE: none failed */
	bool officer;             /* the security officer is logged in, not the user (officer.h) */
	struct secret *so_pin;    /* read, but not sent yet; else NULL */
};

int session_open(struct session *session, struct token *token, bool writable, struct error *error);

/* Opens a session for session->token and sets session->handle. If the token refuses a read-only session, a writable one
 * is tried once (open.c). */
CK_RV session_open_handle(struct session *session);

/* Asks whether the session is alive, and logged in if the token needs it: CKR_OK, or what is wrong. */
CK_RV session_ask(const struct session *session);

/* Fails if the token is gone, or with the class of a login that failed. Makes no call. */
int session_is_usable(const struct session *session, struct error *error);

/* The rule for every login: immediately before C_Login, token_check compares the token in the slot with the one that
 * was found, and reads its flags. Only session_login skips this, if no other token was found and no person had to be
 * waited for who gives the PIN. No login if the PIN is locked, or has one try left and the request does not allow it;
 * none after one that failed. */

/* Logs in as the user, once, if the token requires it. Fails with ERROR_PIN or ERROR_TOKEN. */
int session_login(struct session *session, const struct p11_request *request, struct error *error);

/* Whether to try a login to a token that does not set CKF_LOGIN_REQUIRED: it has a PIN, and one was given for it. */
bool session_may_login(const struct session *session, const struct p11_request *request);

/* Logs in to such a token: some do not set the flag, but hide their keys or do not sign until the user has logged
 * in. */
int session_login_anyway(struct session *session, const struct p11_request *request, struct error *error);

/* Gets the PIN for session_login_context unless there is one; checks the token's flags first. Fails with ERROR_PIN. */
int session_pin(struct session *session, const struct p11_request *request, struct error *error);

/* Logs in for the operation that C_SignInit began (CKU_CONTEXT_SPECIFIC), with the PIN of session_login if there is
 * one. Fails with ERROR_PIN or ERROR_TOKEN. */
int session_login_context(struct session *session, const struct p11_request *request, struct error *error);

/* For a login that another library makes. Before it: compares the token with the one that the PIN was given for, and
 * refuses a login that could lock the PIN. */
int session_check(const struct session *session, const struct p11_request *request, struct error *error);

/* After it: fills `error` from what C_Login returned, which is not CKR_OK; no login follows. Returns -class. */
int session_refused(struct session *session, CK_RV rv, struct error *error);

/* Opens another session with the same token, then closes the old one: the last session takes the login with it. If the
 * login is lost nevertheless, the accepted PIN is sent once more; but not the security officer's, whose login is then
 * lost. Fails with ERROR_TOKEN or ERROR_PIN. */
int session_renew(struct session *session, const struct p11_request *request, struct error *error);

/* Closes the session, which must be the only one, and opens it again: only then does libykcs11 look at what is on the
 * card now. The login ends with the session. Fails with ERROR_TOKEN. */
int session_look_again(struct session *session, struct error *error);

/* Wipes the PINs; the session itself ends with the module. */
void session_close(struct session *session);

/* Whether pin_get may have to wait for a person: it asks on the terminal, or reads something other than a regular
 * file. */
bool pin_may_wait(const struct p11_request *request);

/* Gets the PIN from the request, else from its URI; *pin is NULL if none was given and the token has a pin pad. Fails
 * with ERROR_PIN, or with ERROR_CONFIG if the source is not valid. */
int pin_get(struct secret **pin, const struct p11_request *request, const struct token *token, struct error *error);

#endif
