/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery from a loss: network HSMs lose sessions and fail over, cards are pulled and put back. */
#include "p11/key.h"

#include "base/clock.h"
#include "base/message.h"

#include <stdlib.h>
#include <string.h>

/* Closes the signers' own sessions, unless they ended with the module (`dead`): their handles may belong to others now.
 * Returns how many there were. */
static size_t close_sessions(struct ring *ring, bool dead)
{
	size_t closed = 0;

	for (struct p11_signer *signer = ring->signers; signer != NULL; signer = signer->next) {
		struct session *session = &signer->own;

		/* The ring's new session may have got the handle of one that was lost. */
		if (session->open && !dead && session->handle != ring->session.handle)
			CALL(session->token->module, C_CloseSession, session->handle);
		closed += session->open ? 1 : 0;
		session->open = false;
	}
	return closed;
}

/* A key that was replaced by another one may have been destroyed: one that is left is enough. */
static int find_keys(struct ring *ring, struct error *error)
{
	struct error missing = { .class = ERROR_NONE };
	bool found = false;

	for (struct p11_key *key = ring->keys; key != NULL; key = key->next) {
		bool was_missing = key->missing;

		key->missing = key_find(key, error) < 0;
		if (key->missing && error->class != ERROR_NO_KEY)
			return error_result(error);
		found |= !key->missing;
		if (!was_missing)
			(void)key_is_there(key, &missing);
	}
	if (found && missing.class != ERROR_NONE)
		message_warn("%s", missing.text);
	return found ? 0 : error_result(error);
}

static int renew(struct ring *ring, struct error *error)
{
	int result = session_renew(&ring->session, &ring->request, error);

	/* Not before there is a new one, because the last session takes the login with it; but they may take up its
	 * room. */
	if (close_sessions(ring, false) > 0 && result < 0 && error->code == CKR_SESSION_COUNT)
		result = session_renew(&ring->session, &ring->request, error);
	return result == 0 ? find_keys(ring, error) : result;
}

/* Recovers without a restart of the module: by the login that was missing, or by another session. `needs_login`, unless
 * NULL, is the key whose first signature failed for lack of a login. */
static int reopen(struct ring *ring, struct p11_key *needs_login, const struct error *lost, struct error *error)
{
	struct session *session = &ring->session;
	unsigned logins = session->logins;

	if (lost->code == CKR_USER_NOT_LOGGED_IN && session_may_login(session, &ring->request))
		return session_login_anyway(session, &ring->request, error) < 0 ? error_result(error)
										: find_keys(ring, error);
	if (renew(ring, error) < 0)
		return error_result(error);
	/* The user was logged in, so the signature needs a login of its own, which the key does not show. */
	if (needs_login != NULL && session->logins == logins && logins > 0)
		needs_login->always_authenticate = true;
	return 0;
}

/* Restarts the module, unless something else in the process uses it: then it can only be asked again. */
static int restart(struct ring *ring, struct error *error)
{
	struct token *token = ring->session.token;

	ring->outage.restarted = true;
	if (!token->module->shared) {
		if (ring->restarted && ring->outage.limit <= 0)
			return error_set(error, ERROR_TOKEN, "the module %s has already been restarted once; giving up",
					 token->module->name);
		ring->restarted = true;
		ring->session.open = false; /* its handle ends with the module */
		close_sessions(ring, true);
		if (module_restart(token->module, error) < 0)
			return error_result(error);
	}
	return token_find_again(token, ring->request.uri, error) < 0 ? error_result(error) : renew(ring, error);
}

/* Whether to retry: the module failed, but no login did, and no other token is in the slot. */
static bool may_come_back(const struct ring *ring, const struct error *error)
{
	return error->class == ERROR_TOKEN && error->code != 0 && ring->session.refused == ERROR_NONE &&
	       !ring->session.token->gone;
}

static int try_again(struct ring *ring, struct p11_key *needs_login, const struct error *lost, bool restarts,
		     struct error *error)
{
	if (loss_of(lost->code) == LOSS_SESSION && !restarts) {
		if (reopen(ring, needs_login, lost, error) == 0)
			return 0;
		if (!may_come_back(ring, error))
			return error_result(error);
	}
	return restart(ring, error);
}

/* Waits before the next try. `why` says what is wrong. Fails if the key is abandoned, and after a
 * signal. */
static int wait_for_token(struct ring *ring, const struct error *why, struct error *error)
{
	struct outage *outage = &ring->outage;
	double now = clock_ms(), left = outage_left(outage, now), wait = outage_wait(outage, now);
	const char *label = token_label(ring->session.token);

	if (wait <= 0)
		return 0;
	if (!outage->told)
		message_note("token \"%s\" is away: %.1000s; waiting up to %.0f s for it", label, why->text,
			     left / 1e3);
	outage->told = true;
	if (gate_wait(ring->gate, wait))
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "the wait for token \"%s\" was cut short", label);
}

static int recover(struct ring *ring, struct p11_key *needs_login, const struct error *lost, struct error *error)
{
	struct outage *outage = &ring->outage;
	struct error last = *lost;
	bool restarts;
	int result = -ERROR_TOKEN;

	if (token_is_there(ring->session.token, error) < 0)
		return error_result(error);
	message_step("%s; recovering the key", lost->text);
	outage_begin(outage, clock_ms());
	for (restarts = outage->tried; result < 0 && may_come_back(ring, &last); restarts = true) {
		if (outage->tried && outage_left(outage, clock_ms()) <= 0)
			break;
		if (wait_for_token(ring, &last, error) < 0)
			return error_result(error);
		result = try_again(ring, needs_login, lost, restarts, &last);
	}
	if (result == 0)
		return 0;
	*error = last;
	if (outage->told && may_come_back(ring, &last)) {
		error_set(error, ERROR_TOKEN, "token \"%s\" did not come back within %.0f s: %.3000s",
			  token_label(ring->session.token), outage->limit / 1e3, last.text);
		error_hint(error, "give it more time with --module-wait");
	}
	error->code = 0; /* no loss that another try could recover */
	return error_result(error);
}

/* Opens the gate with the result of recover. */
static int conclude(struct ring *ring, int result, struct error *error)
{
	if (result < 0 && error->class == ERROR_NO_KEY)
		error->class = ERROR_TOKEN; /* the key was there before */
	gate_open(ring->gate, result < 0 ? error : NULL);
	return result < 0 ? error_result(error) : 0;
}

int signer_recover(struct p11_signer *signer, const struct error *lost, bool *recovered, struct error *error)
{
	struct p11_key *key = signer->key;
	struct ring *ring = key->ring;

	*recovered = gate_close(ring->gate, signer->generation);
	return *recovered ? conclude(ring, recover(ring, signer->needs_login ? key : NULL, lost, error), error) : 0;
}

int ring_recover_alone(struct ring *ring, const struct error *lost, struct error *error)
{
	return conclude(ring, recover(ring, NULL, lost, error), error);
}

/* Only now is it back: some HSMs accept a login before they can do anything else. */
void ring_answers(struct ring *ring)
{
	double length;

	if (outage_end(&ring->outage, clock_ms(), &length))
		message_note("token \"%s\" is back after %.1f s", token_label(ring->session.token), length / 1e3);
}
