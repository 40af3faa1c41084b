/* SPDX-License-Identifier: Apache-2.0 */
/* Opens sessions: read-only, unless the command writes or the token refuses read-only sessions. */
#include "p11/session.h"

#include "base/message.h"

#include <string.h>

static CK_FLAGS session_flags(bool writable)
{
	return CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0);
}

/* Whether a session may have been refused because it was read-only. Modules have many codes for that. */
static bool may_be_about_reading(CK_RV rv)
{
	switch (rv) {
	case CKR_OK:
	case CKR_HOST_MEMORY:
	case CKR_DEVICE_MEMORY:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SLOT_ID_INVALID:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_SESSION_COUNT:
		return false;
	default:
		return true;
	}
}

CK_RV session_open_handle(struct session *session)
{
	struct token *token = session->token;
	CK_RV first, second;

	session->writable |= token->only_writable;
	first = CALL(token->module, C_OpenSession, token->slot, session_flags(session->writable), NULL, NULL,
		     &session->handle);
	if (session->writable || !may_be_about_reading(first))
		return first;
	message_step("token \"%s\" refuses a read-only session: %s; trying a writable one", token_label(token),
		     ckr_text(first));
	second = CALL(token->module, C_OpenSession, token->slot, session_flags(true), NULL, NULL, &session->handle);
	if (second != CKR_OK) /* report the code that is not about the kind of session */
		return may_be_about_reading(second) ? first : second;
	token->only_writable = true;
	session->writable = true;
	return CKR_OK;
}

int session_open(struct session *session, struct token *token, bool writable, struct error *error)
{
	CK_RV rv;

	memset(session, 0, sizeof(*session));
	session->token = token;
	session->writable = writable;
	rv = session_open_handle(session);
	if (rv != CKR_OK) {
		ckr_error(error, ERROR_TOKEN, rv, "cannot open a session with token \"%s\"", token_label(token));
		module_hint(token->module->name, "C_OpenSession", rv, error);
		return -ERROR_TOKEN;
	}
	session->open = true;
	return 0;
}

int session_look_again(struct session *session, struct error *error)
{
	const struct token *token = session->token;
	CK_ULONG count = 0;
	CK_RV rv;

	rv = CALL(token->module, C_CloseSession, session->handle);
	session->open = false;
	/* Or libykcs11 would not notice another card until it has its PIN: see token_check. */
	if (rv == CKR_OK)
		rv = CALL(token->module, C_GetSlotList, CK_TRUE, NULL, &count);
	if (rv == CKR_OK)
		rv = session_open_handle(session);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "cannot look at token \"%s\" again", token_label(token));
	session->open = true;
	return 0;
}
