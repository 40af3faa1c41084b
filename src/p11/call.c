/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/call.h"

#include "base/clock.h"
#include "base/message.h"

CK_RV call_done(const char *module, const char *function, CK_RV rv)
{
	watch_leave();
	if (message_is_verbose())
		message_step("%s: %s %s (%.2f ms)", module, function, ckr_text(rv), clock_ms() - watch_since());
	return rv;
}

enum loss loss_of(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_OPERATION_NOT_INITIALIZED:
	case CKR_OPERATION_ACTIVE: /* a C_Sign that failed should have ended it: the session is useless */
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

bool is_loss(const struct error *error)
{
	return error->class == ERROR_TOKEN && loss_of(error->code) != LOSS_NONE;
}
