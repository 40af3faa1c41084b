/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/officer.h"

#include "p11/yubikey.h"

bool officer_is_needed(const struct token *token)
{
	return yubikey_is(token);
}

bool officer_is_missing(const struct session *session, CK_RV rv)
{
	return rv == CKR_USER_TYPE_INVALID || (rv == CKR_USER_NOT_LOGGED_IN && session->logins > 0);
}

int officer_pin(struct session *session, const struct p11_request *request, struct error *error)
{
	(void)session;
	(void)request;
	return error_set(error, ERROR_UNEXPECTED, "not written yet");
}

int officer_login(struct session *session, const struct p11_request *request, struct error *error)
{
	return officer_pin(session, request, error);
}

int officer_leave(struct session *session, const struct p11_request *request, struct error *error)
{
	return officer_pin(session, request, error);
}

void officer_hint(const struct p11_request *request, struct error *error)
{
	(void)request;
	(void)error;
}
