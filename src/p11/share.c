/* SPDX-License-Identifier: Apache-2.0 */
/* One key in several sessions, each used by a thread of its own. A loss is most often one of all sessions, and of the
 * login that they share: it is mended once, by the thread that comes first, while no other is in the module. If that fails,
 * the key is gone for all of them. */
#include "p11/key.h"

#include "base/clock.h"
#include "base/message.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct gate {
	pthread_mutex_t lock; /* of what follows; never held over a call of the module */
	pthread_cond_t moved;
	unsigned inside;
	atomic_bool closed;  /* these two are read without the lock */
	atomic_bool cut_short; /* somebody waited for the token when the key was abandoned */
	unsigned generation; /* how often a loss was mended */
	struct error gone;   /* why the key is gone; class ERROR_NONE: it is not */
	bool abandoned;      /* nobody waits for the token any more */
};

struct gate *gate_new(void)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	pthread_condattr_t attributes;

	if (gate == NULL)
		return NULL;
	pthread_mutex_init(&gate->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&gate->moved, &attributes);
	pthread_condattr_destroy(&attributes);
	return gate;
}

void gate_free(struct gate **gate)
{
	if (*gate == NULL)
		return;
	pthread_cond_destroy(&(*gate)->moved);
	pthread_mutex_destroy(&(*gate)->lock);
	free(*gate);
	*gate = NULL;
}

struct p11_key *first_of(struct p11_key *key)
{
	return key->first != NULL ? key->first : key;
}

void gate_enter(struct p11_key *key)
{
	struct gate *gate = first_of(key)->gate;

	pthread_mutex_lock(&gate->lock);
	while (gate->closed)
		pthread_cond_wait(&gate->moved, &gate->lock);
	gate->inside++;
	key->generation = gate->generation;
	pthread_mutex_unlock(&gate->lock);
}

void gate_leave(struct p11_key *key)
{
	struct gate *gate = first_of(key)->gate;

	pthread_mutex_lock(&gate->lock);
	gate->inside--;
	if (gate->closed && gate->inside == 0)
		pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

/* Closes the gate and waits until nobody is inside; false: a loss was mended since `generation`, when the caller went
 * in, or cannot be mended. */
static bool gate_close(struct gate *gate, unsigned generation)
{
	bool closes;

	pthread_mutex_lock(&gate->lock);
	while (gate->closed)
		pthread_cond_wait(&gate->moved, &gate->lock);
	closes = gate->generation == generation && gate->gone.class == ERROR_NONE;
	gate->closed = closes;
	while (closes && gate->inside > 0)
		pthread_cond_wait(&gate->moved, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
	return closes;
}

/* `failed`: why the loss was not mended; NULL if it was. */
static void gate_open(struct gate *gate, const struct error *failed)
{
	pthread_mutex_lock(&gate->lock);
	gate->closed = false;
	if (failed == NULL) {
		gate->generation++;
	} else if (gate->gone.class == ERROR_NONE) {
		gate->gone = *failed;
		if (failed->class == ERROR_NO_KEY)
			gate->gone.class = ERROR_TOKEN; /* it was there */
		gate->gone.code = 0; /* it is no loss that another try would mend */
	}
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

int gate_recover(struct p11_key *key, const struct error *lost, bool *mended, struct error *error)
{
	struct p11_key *first = first_of(key);
	int result;

	*mended = gate_close(first->gate, key->generation);
	if (!*mended)
		return 0;
	result = key_recover(first, lost, error);
	gate_open(first->gate, result < 0 ? error : NULL);
	return result;
}

bool gate_wait(struct p11_key *first, double milliseconds)
{
	struct gate *gate = first->gate;
	double end = clock_ms() + milliseconds;
	struct timespec until = { .tv_sec = (time_t)(end / 1e3) };
	bool waited;

	until.tv_nsec = (long)((end - (double)until.tv_sec * 1e3) * 1e6);
	pthread_mutex_lock(&gate->lock);
	while (!gate->abandoned && pthread_cond_timedwait(&gate->moved, &gate->lock, &until) != ETIMEDOUT)
		;
	waited = !gate->abandoned;
	if (!waited)
		gate->cut_short = true;
	pthread_mutex_unlock(&gate->lock);
	return waited;
}

void gate_note_gone(struct p11_key *key, const struct error *error)
{
	struct p11_key *first = first_of(key);
	struct gate *gate = first->gate;

	if (!first->session.token->gone && first->session.refused == ERROR_NONE)
		return;
	pthread_mutex_lock(&gate->lock);
	if (gate->gone.class == ERROR_NONE) {
		gate->gone = *error;
		gate->gone.code = 0;
	}
	pthread_mutex_unlock(&gate->lock);
}

/* --- sessions ---------------------------------------------------------------------------------------------------- */

int session_of_another(struct p11_key *key, struct error *error)
{
	const struct p11_key *first = key->first;
	struct token *token;
	CK_FLAGS ignored;

	if (first == NULL || key->session.open)
		return 0;
	token = first->session.token;
	if (session_open(&key->session, token, false, error) < 0)
		return error_result(error);
	if (token_check(token, &ignored, error) < 0) {
		CALL(token->module, C_CloseSession, key->session.handle);
		key->session.open = false;
		return error_result(error);
	}
	/* An object's handle is good in all sessions of an application (PKCS#11 2.40, usage guide section 2.6). */
	key->handle = first->handle;
	key->mechanism = first->mechanism;
	return 0;
}

size_t sessions_of_others_close(struct p11_key *first, bool dead)
{
	size_t closed = 0;

	for (size_t i = 0; i < first->other_count; i++) {
		struct session *session = &first->others[i]->session;

		/* A handle that is lost may have been given to the first one's new session. */
		if (session->open && !dead && session->handle != first->session.handle)
			CALL(session->token->module, C_CloseSession, session->handle);
		closed += session->open ? 1 : 0;
		session->open = false;
	}
	return closed;
}

const char *p11_key_single(const struct p11_key *key)
{
	const struct module *module = key->session.token->module;

	if (key->always_authenticate)
		return "the key wants a login for each signature";
	if (!module->locks)
		return "the module does not say that several threads may call it";
	return NULL;
}

struct p11_key *p11_key_another(struct p11_key *key)
{
	CK_ULONG most = key->session.token->info.ulMaxSessionCount;
	struct p11_key *another;
	struct error error;

	if (key->other_count == P11_SESSIONS_MAX - 1 ||
	    (most != CK_UNAVAILABLE_INFORMATION && most != CK_EFFECTIVELY_INFINITE && key->other_count + 1 >= most))
		return NULL;
	another = calloc(1, sizeof(*another));
	if (another == NULL)
		return NULL;
	another->first = key;
	another->has_signed = another->prepared = true;
	another->public = key->public != NULL ? EVP_PKEY_dup(key->public) : NULL;
	if ((key->public != NULL && another->public == NULL) || session_of_another(another, &error) < 0) {
		gate_note_gone(another, &error);
		message_step("the token allows %zu session%s", key->other_count + 1, key->other_count == 0 ? "" : "s");
		EVP_PKEY_free(another->public);
		free(another);
		return NULL;
	}
	key->others[key->other_count++] = another;
	return another;
}

void another_leave(struct p11_key *key)
{
	struct p11_key *first = key->first;
	size_t i = 0;

	while (i < first->other_count && first->others[i] != key)
		i++;
	if (i < first->other_count)
		first->others[i] = first->others[--first->other_count];
}

unsigned p11_key_recoveries(const struct p11_key *key)
{
	return key->generation;
}

bool p11_key_has_session(const struct p11_key *key)
{
	return !key->without_session;
}

bool p11_key_is_gone(const struct p11_key *key, struct error *why)
{
	struct gate *gate = key->first != NULL ? key->first->gate : key->gate;
	bool gone;

	pthread_mutex_lock(&gate->lock);
	gone = gate->gone.class != ERROR_NONE;
	if (gone && why != NULL)
		*why = gate->gone;
	pthread_mutex_unlock(&gate->lock);
	return gone;
}

void p11_key_abandon(struct p11_key *key)
{
	struct gate *gate = first_of(key)->gate;

	pthread_mutex_lock(&gate->lock);
	gate->abandoned = true;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

bool p11_key_is_away(const struct p11_key *key)
{
	return (key->first != NULL ? key->first : key)->gate->closed;
}

bool p11_key_was_abandoned(const struct p11_key *key)
{
	return (key->first != NULL ? key->first : key)->gate->cut_short;
}
