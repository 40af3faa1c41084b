/* SPDX-License-Identifier: Apache-2.0 */
/* Signers, each used by one thread. A loss most often ends all sessions of a ring, and the login that they share: the
 * signer that meets it first recovers from it while no other is in the module. If that fails, the keys are gone for all
 * of them. */
#include "p11/key.h"

#include "base/clock.h"
#include "base/message.h"
#include "p11/observe.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* Opens the signer's session, if it is not the ring's: for the first time, or because a recovery closed it. Fails if
 * only the ring's session may sign: a key needs a login for each signature. */
static int open_session(struct p11_signer *signer, struct error *error)
{
	const struct p11_key *key = signer->key;
	const char *single = p11_key_single(key);
	struct session *session = signer->session;
	struct token *token = key->ring->session.token;
	CK_FLAGS ignored;

	if (session == &key->ring->session)
		return 0;
	if (single != NULL)
		return error_set(error, ERROR_TOKEN, "token \"%s\" signs in one session only: %s", token_label(token),
				 single);
	if (session->open)
		return 0;
	if (session_open(session, token, false, error) < 0)
		return error_result(error);
	if (token_check(token, &ignored, error) < 0) {
		CALL(token->module, C_CloseSession, session->handle);
		session->open = false;
		return error_result(error);
	}
	return 0;
}

/* Whether the token has room for the ring's session and those of all signers. */
static bool has_room(const struct ring *ring)
{
	CK_ULONG most = ring->session.token->info.ulMaxSessionCount, count = 1;

	for (const struct p11_signer *signer = ring->signers; signer != NULL; signer = signer->next)
		count += signer->session == &signer->own ? 1 : 0;
	return count <= P11_SESSIONS_MAX &&
	       (most == CK_UNAVAILABLE_INFORMATION || most == CK_EFFECTIVELY_INFINITE || count <= most);
}

/* Opens the session of a further signer. libp11 needs one more for TLS, which it opens later. */
static int open_another(struct p11_signer *signer, struct error *error)
{
	const struct ring *ring = signer->key->ring;
	struct session *own = &signer->own, spare = { .token = ring->session.token };

	if (!has_room(ring))
		return error_set(error, ERROR_TOKEN, "token \"%s\" has no room for another session",
				 token_label(spare.token));
	if (open_session(signer, error) < 0)
		return error_result(error);
	if (!ring->tls)
		return 0;
	if (session_open_handle(&spare) == CKR_OK) {
		CALL(spare.token->module, C_CloseSession, spare.handle);
		return 0;
	}
	CALL(spare.token->module, C_CloseSession, own->handle);
	own->open = false;
	return error_set(error, ERROR_TOKEN, "token \"%s\" has no room for another session beside that for TLS",
			 token_label(spare.token));
}

/* Creates a signer that uses `session`; NULL: its own, which is not open yet. */
static int add_signer(struct p11_signer **signer, struct p11_key *key, struct session *session, struct error *error)
{
	struct p11_signer *new = malloc(sizeof(*new));

	*signer = new;
	if (new == NULL)
		return error_memory(error);
	*new = (struct p11_signer){
		.key = key,
		.next = key->ring->signers,
		.session = session != NULL ? session : &new->own,
		.mechanism = key->mechanism,
		.public = key->public != NULL ? EVP_PKEY_dup(key->public) : NULL,
	};
	key->ring->signers = new;
	if (key->public == NULL || new->public != NULL)
		return 0;
	p11_signer_close(signer);
	return error_memory(error);
}

int p11_signer_open(struct p11_signer **signer, struct p11_key *key, struct error *error)
{
	struct ring *ring = key->ring;
	bool is_first = ring->signers == NULL;

	if (add_signer(signer, key, is_first ? &ring->session : NULL, error) < 0)
		return error_result(error);
	if (is_first || open_another(*signer, error) == 0)
		return 0;
	ring_note_gone(ring, error);
	p11_signer_close(signer);
	return error_result(error);
}

int p11_signer_open_beside(struct p11_signer **signer, struct p11_key *key, struct p11_signer *first,
			   struct error *error)
{
	/* Threads that sign beside others must not write what the key's first signature needs. */
	bool is_prepared = first->session == &key->ring->session || key_prepare(key, error) == 0;

	*signer = NULL;
	return is_prepared ? add_signer(signer, key, first->session, error) : error_result(error);
}

void p11_signer_close(struct p11_signer **signer)
{
	struct p11_signer *old = *signer, **link;

	if (old == NULL)
		return;
	for (link = &old->key->ring->signers; *link != old; link = &(*link)->next)
		;
	*link = old->next;
	EVP_PKEY_free(old->public);
	free(old);
	*signer = NULL;
}

/* --- inside of the gate ------------------------------------------------------------------------------------------ */

/* Goes into the module, with a session. Followed by gate_leave, also if it fails. */
static int enter(struct p11_signer *signer, struct error *error)
{
	struct p11_key *key = signer->key;

	signer->generation = gate_enter(key->ring->gate);
	signer->lacks_key = key->missing;
	if (ring_is_usable(key->ring, error) < 0 || key_is_there(key, error) < 0)
		return error_result(error);
	signer->session->failed = open_session(signer, error) < 0;
	return signer->session->failed ? error_result(error) : 0;
}

/* Some modules have one code for all errors, also for a server that they cannot reach. It is a loss if they do not know
 * the session or the token any more. */
static void find_loss(const struct session *session, struct error *error)
{
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO token_info;

	if (error->class != ERROR_TOKEN || !session->open ||
	    (error->code != CKR_GENERAL_ERROR && error->code != CKR_FUNCTION_FAILED &&
	     error->code < CKR_VENDOR_DEFINED))
		return;
	if (CALL(session->token->module, C_GetSessionInfo, session->handle, &session_info) != CKR_OK ||
	    CALL(session->token->module, C_GetTokenInfo, session->token->slot, &token_info) != CKR_OK)
		error->code = CKR_DEVICE_ERROR;
}

static int try(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
	       struct error *error)
{
	struct ring *ring = signer->key->ring;
	int result = enter(signer, error);

	if (result == 0)
		result = sign_once(signer, data, size, signature, length, error);
	if (result < 0) {
		find_loss(signer->session, error);
		ring_note_gone(ring, error);
	}
	if (result == 0 || (!is_loss(error) && !gate_has_failed(ring->gate, NULL)))
		ring_answers(ring);
	gate_leave(ring->gate);
	return result;
}

int p11_signer_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
		    struct error *error)
{
	struct error lost, second;
	bool recovered = false, recovered_now;
	int result = try(signer, data, size, signature, length, error);
	double since = clock_ms();

	/* If this signer has recovered the key once, the token may fail for this signature alone: only the time limit
	 * allows more. */
	while (result < 0 && is_loss(error) && (!recovered || clock_ms() - since < signer->key->ring->outage.limit)) {
		lost = *error;
		signer->recovering = true;
		result = signer_recover(signer, &lost, &recovered_now, error);
		recovered |= recovered_now;
		if (result == 0)
			result = try(signer, data, size, signature, length, error);
		signer->recovering = false;
	}
	if (result == 0 || !recovered)
		return result;
	second = *error;
	error_set(error, second.class == ERROR_PIN ? ERROR_PIN : ERROR_TOKEN, "%.1500s; another try: %.1500s",
		  lost.text, second.text);
	error_hint(error, "%s", second.hint);
	error->code = second.code;
	return error_result(error);
}

/* The public half, in the signer's session unless it is known. The caller is inside of the gate. */
static int get_public(struct p11_signer *signer, EVP_PKEY **public, struct error *error)
{
	*public = signer->public != NULL ? signer->public : signer->key->public;
	if (*public == NULL)
		return object_public(signer->session, signer->key->handle, fit_type(signer->key), public, error);
	EVP_PKEY_up_ref(*public);
	return 0;
}

int p11_signer_public(struct p11_signer *signer, EVP_PKEY **public, struct error *error)
{
	int result = enter(signer, error);

	if (result == 0)
		result = get_public(signer, public, error);
	gate_leave(signer->key->ring->gate);
	return result;
}

X509 *p11_signer_certificate(struct p11_signer *signer, const struct error *verdict)
{
	X509 *certificate = NULL;
	EVP_PKEY *public = NULL;
	struct error ignored;

	watch_verdict(verdict);
	if (enter(signer, &ignored) == 0 && get_public(signer, &public, &ignored) == 0)
		(void)object_certificate(signer->session, signer->key->handle, public, &certificate, &ignored);
	EVP_PKEY_free(public);
	gate_leave(signer->key->ring->gate);
	watch_verdict(NULL);
	return certificate;
}

void p11_signer_event(const struct p11_signer *signer, struct p11_event *event)
{
	*event = (struct p11_event){
		.kind = P11_SIGNATURE,
		.public = signer->public != NULL ? signer->public : signer->key->public,
		.alg = alg_info(signer->key->alg)->name,
		.attested = signer->key->attested,
	};
	observe_serial(signer->key->ring->session.token, event->serial);
}

enum alg p11_signer_alg(const struct p11_signer *signer)
{
	return signer->key->alg;
}

unsigned p11_signer_recoveries(const struct p11_signer *signer)
{
	return signer->generation;
}

bool p11_signer_has_key(const struct p11_signer *signer)
{
	return !signer->lacks_key;
}

bool p11_signer_has_session(const struct p11_signer *signer)
{
	return !signer->session->failed;
}
