/* SPDX-License-Identifier: Apache-2.0 */
/* Why a TLS signature failed. */
#include "p11/tls-internal.h"

#define REFUSED_FLAGS (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)

static bool is_about_pin(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_EXPIRED ||
	       rv == CKR_PIN_LOCKED;
}

/* Whether it may have been the login that failed: libp11 does not tell which of its calls did. It asks for the PIN
 * after C_SignInit has succeeded; a pin pad does so itself. */
static bool may_be_login(const struct p11_tls *tls)
{
	return tls->always_authenticate && (tls->gave_pin || tls->ring->session.pin == NULL);
}

/* libp11 0.4.21 hides the module's code. Asks the token itself whether the session or the login is lost, or a PIN was
 * refused; the result is CKR_OK if none shows. */
static CK_RV find_reason(const struct p11_tls *tls)
{
	const struct session *session = &tls->ring->session;
	const struct token *token = session->token;
	CK_TOKEN_INFO info;
	CK_RV rv = session_ask(session);

	if (rv != CKR_OK || !may_be_login(tls))
		return rv;
	rv = CALL(token->module, C_GetTokenInfo, token->slot, &info);
	if (rv != CKR_OK)
		return rv;
	return (info.flags & REFUSED_FLAGS) != 0 ? CKR_PIN_INCORRECT : CKR_OK;
}

/* Whether the token may not do this with the key; CKR_OK: it is unknown. */
static bool is_about_use(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED ||
	       rv == CKR_KEY_FUNCTION_NOT_PERMITTED || rv == CKR_KEY_TYPE_INCONSISTENT;
}

void tls_explain(struct p11_tls *tls, CK_RV rv)
{
	struct session *session = &tls->ring->session;
	struct error *failure = &tls->failure;

	if (failure->class != ERROR_NONE) /* read_pin knows better */
		return;
	if (rv == CKR_OK)
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
	if (tls->type == CKK_RSA && !tls->decrypts && is_about_use(rv))
		error_hint(failure, "some tokens make these signatures only with an RSA key that may also decrypt: use "
			   "such a key, or an EC key");
	if (may_be_login(tls)) {
		session->refused = ERROR_TOKEN;
		secret_free(&session->pin);
		failure->code = 0; /* no loss that another try could recover */
	}
}
