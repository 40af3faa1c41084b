/* SPDX-License-Identifier: Apache-2.0 */
/* Getting at a key again: network HSMs lose sessions and fail over, cards are pulled and put back. */
#include "p11/key.h"

#include "base/clock.h"
#include "base/message.h"

#include <stdlib.h>
#include <string.h>

static int renew(struct p11_key *key, struct error *error)
{
	int result = session_renew(&key->session, &key->request, error);

	/* Not before there is a new one: the last session takes the login with it. Unless they take its room. */
	if (sessions_of_others_close(key, false) > 0 && result < 0 && error->code == CKR_SESSION_COUNT)
		result = session_renew(&key->session, &key->request, error);
	return result == 0 ? key_find(key, error) : result;
}

/* Without a restart of the module: by a login that was missing, or another session. */
static int reopen(struct p11_key *key, const struct error *lost, struct error *error)
{
	struct session *session = &key->session;
	unsigned logins = session->logins;

	if (lost->code == CKR_USER_NOT_LOGGED_IN && session_may_login(session, &key->request, key->uri))
		return session_login_anyway(session, &key->request, key->uri, error) < 0 ? error_result(error) : key_find(key, error);
	if (renew(key, error) < 0)
		return error_result(error);
	/* The login was not what was missing, so it is one for the signature, of which the key does not tell. */
	if (key->refused_to_sign && session->logins == logins && logins > 0)
		key->always_authenticate = true;
	return 0;
}

/* With one, unless something else in the process uses the module: it can then only be asked again. */
static int restart(struct p11_key *key, struct error *error)
{
	struct token *token = key->session.token;

	key->outage.restarted = true;
	if (!token->module->shared) {
		if (key->restarted && key->outage.limit <= 0)
			return error_set(error, ERROR_TOKEN, "cannot restart the module %s: it was restarted once before",
					 token->module->name);
		key->restarted = true;
		key->session.open = false; /* its handle ends with the module */
		sessions_of_others_close(key, true);
		if (module_restart(token->module, error) < 0)
			return error_result(error);
	}
	return token_find_again(token, key->uri, error) < 0 ? error_result(error) : renew(key, error);
}

/* Whether a further try makes sense: the module failed; no login did, and no other token took the place of this one. */
static bool may_come_back(const struct p11_key *key, const struct error *error)
{
	return error->class == ERROR_TOKEN && error->code != 0 && key->session.refused == ERROR_NONE && !key->session.token->gone;
}

static int try_again(struct p11_key *key, const struct error *lost, bool restarts, struct error *error)
{
	if (loss_of(lost->code) == LOSS_SESSION && !restarts) {
		if (reopen(key, lost, error) == 0)
			return 0;
		if (!may_come_back(key, error))
			return error_result(error);
	}
	return restart(key, error);
}

/* Waits as long as the next try is to wait for. `why` tells what is wrong. Fails when the key is abandoned. */
static int wait_for_token(struct p11_key *key, const struct error *why, struct error *error)
{
	struct outage *outage = &key->outage;
	double now = clock_ms(), left = outage_left(outage, now), wait = outage_wait(outage, now);
	const char *label = token_label(key->session.token);

	if (wait <= 0)
		return 0;
	if (!outage->told)
		message_note("token \"%s\" is away: %.1000s; waiting up to %.0f s for it", label, why->text, left / 1e3);
	outage->told = true;
	if (gate_wait(key, wait))
		return 0;
	return error_set(error, ERROR_UNEXPECTED, "the wait for token \"%s\" was cut short", label);
}

int key_recover(struct p11_key *key, const struct error *lost, struct error *error)
{
	struct outage *outage = &key->outage;
	struct error last = *lost;
	bool restarts;
	int result = -ERROR_TOKEN;

	if (token_is_there(key->session.token, error) < 0)
		return error_result(error);
	message_step("%s; getting at the key again", lost->text);
	key->must_prepare = true; /* it may be the login for each signature that was missing: it is asked for now */
	outage_begin(outage, clock_ms());
	for (restarts = outage->tried; result < 0 && may_come_back(key, &last); restarts = true) {
		if (outage->tried && outage_left(outage, clock_ms()) <= 0)
			break;
		if (wait_for_token(key, &last, error) < 0)
			return error_result(error);
		result = try_again(key, lost, restarts, &last);
	}
	if (result == 0)
		return 0;
	*error = last;
	if (outage->told && may_come_back(key, &last)) {
		error_set(error, ERROR_TOKEN, "token \"%s\" did not come back within %.0f s: %.3000s", token_label(key->session.token),
			  outage->limit / 1e3, last.text);
		error_hint(error, "--module-wait gives it more time");
	}
	error->code = 0; /* as in the gate's reason */
	return error_result(error);
}

/* Only now is it back: some HSMs take a login before they can do anything else. */
void key_answers(struct p11_key *key)
{
	double length;

	if (outage_end(&key->outage, clock_ms(), &length))
		message_note("token \"%s\" is back after %.1f s", token_label(key->session.token), length / 1e3);
}
