/* SPDX-License-Identifier: Apache-2.0 */
/* Why a TLS signature failed. */
#include "p11/tls-internal.h"

#define REFUSED_FLAGS (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)

static bool is_about_pin(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_EXPIRED ||
	       rv == CKR_PIN_LOCKED;
}

/* libp11 0.4.21 hides the module's code. Asks the token itself whether the session is lost, or a PIN was refused; the
 * result is CKR_OK if neither shows. */
static CK_RV find_reason(const struct p11_tls *tls)
{
	const struct session *session = &tls->key->session;
	const struct token *token = session->token;
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO info;
	CK_RV rv = CALL(token->module, C_GetSessionInfo, session->handle, &session_info);

	if (rv != CKR_OK || !tls->always_authenticate)
		return rv;
	rv = CALL(token->module, C_GetTokenInfo, token->slot, &info);
	if (rv != CKR_OK)
		return rv;
	return (info.flags & REFUSED_FLAGS) != 0 ? CKR_PIN_INCORRECT : CKR_OK;
}

void tls_explain(struct p11_tls *tls, CK_RV rv)
{
	struct session *session = &tls->key->session;
	struct error *failure = &tls->failure;
	bool told = rv != CKR_OK;

	if (failure->class != ERROR_NONE) /* read_pin knows better */
		return;
	if (!told)
		rv = find_reason(tls);
	if (tls->always_authenticate && is_about_pin(rv)) {
		session_refused(session, rv, failure);
		return;
	}
	if (rv != CKR_OK)
		ckr_error(failure, ERROR_TOKEN, rv, "token \"%s\" did not sign in the TLS handshake",
			  token_label(session->token));
	else
		error_set(failure, ERROR_TOKEN,
			  "token \"%s\" did not sign in the TLS handshake, and libp11 gives no reason",
			  token_label(session->token));
	/* It may have been the login, which is not tried again. */
	if (!told && tls->always_authenticate && !is_loss(failure))
		session->refused = ERROR_TOKEN;
	if (tls->type == CKK_RSA && !tls->decrypts && !is_loss(failure) && failure->hint[0] == '\0')
		error_hint(failure, "some tokens make these signatures only with an RSA key that may also decrypt: use "
			   "such a key, or an EC key");
}
