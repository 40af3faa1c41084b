/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS use of a key: when libp11 must find it, and what is recovered first. */
#include "p11/tls-internal.h"

#include <openssl/evp.h>
#include <stdlib.h>

void tls_retire(struct p11_tls *tls)
{
	tls->private = NULL; /* its context keeps it */
}

/* Inside of the gate. */
static int make_ready(struct p11_tls *tls, unsigned generation, struct error *error)
{
	const struct session *session = &tls->ring->session;
	CK_SESSION_INFO info;
	CK_RV rv;

	if (ring_is_usable(tls->ring, error) < 0)
		return error_result(error);
	rv = CALL(session->token->module, C_GetSessionInfo, session->handle, &info);
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" has lost the session",
				 token_label(session->token));
	if (tls->generation != generation)
		tls_retire(tls);
	tls->generation = generation;
	return tls->private != NULL ? 0 : tls_build(tls, error);
}

/* Whether the error is a loss, or the session or the login is lost anyway: without it, a token hides its private keys.
 * If so, sets *lost. */
static bool is_lost(const struct session *session, const struct error *error, struct error *lost)
{
	CK_RV rv = is_loss(error) ? CKR_OK : session_ask(session);

	*lost = *error;
	if (rv != CKR_OK)
		ckr_error(lost, ERROR_TOKEN, rv, "token \"%s\" has lost the login", token_label(session->token));
	return is_loss(lost);
}

int p11_tls_key(struct p11_tls *tls, EVP_PKEY **private, bool *tls12, const char **sigalgs, struct error *error)
{
	struct gate *gate = tls->ring->gate;
	struct error lost;
	unsigned generation;
	int result;

	for (bool again = false;; again = true) {
		if (!gate_enter_alone(gate, &generation))
			return error_set(error, ERROR_UNEXPECTED, "the wait for token \"%s\" was cut short",
					 token_label(tls->ring->session.token));
		result = make_ready(tls, generation, error);
		if (result == 0 || again || !is_lost(&tls->ring->session, error, &lost))
			break;
		tls_retire(tls);
		if (ring_recover_alone(tls->ring, &lost, error) < 0)
			return error_result(error);
	}
	if (result < 0) {
		ring_note_gone(tls->ring, error);
		tls_retire(tls);
	}
	gate_leave_alone(gate);
	*private = tls->private;
	*tls12 = tls->tls12;
	*sigalgs = tls->sigalgs;
	return result;
}

int p11_tls_open(struct p11_tls **tls, struct p11_key *key, const struct uri *uri, X509 *certificate,
		 struct error *error)
{
	struct token *token = key->ring->session.token;

	*tls = NULL;
	if (uri != NULL && !token_matches(token, uri)) {
		error_set(error, ERROR_NO_KEY, "the TLS key is not on token \"%s\", which has the signing key: %s",
			  token_label(token), uri_shown(uri));
		error_hint(error, "put both keys on one token, or omit --tls-key to use the signing key");
		return -ERROR_NO_KEY;
	}
	*tls = calloc(1, sizeof(**tls));
	if (*tls == NULL)
		return error_memory(error);
	**tls = (struct p11_tls){ .ring = key->ring, .key = key, .uri = uri, .certificate = certificate };
	key->ring->tls = true;
	tls_sign_with(*tls);
	return 0;
}

void p11_tls_close(struct p11_tls **tls)
{
	if (*tls == NULL)
		return;
	tls_sign_with(NULL);
	tls_retire(*tls);
	(*tls)->ring->tls = false;
	free((*tls)->label.pValue);
	free((*tls)->id.pValue);
	free(*tls);
	*tls = NULL;
}

bool p11_tls_has_failed(struct p11_tls *tls, struct error *why)
{
	if (tls->failure.class == ERROR_NONE)
		return false;
	*why = tls->failure;
	tls->failure.class = ERROR_NONE;
	return true;
}
