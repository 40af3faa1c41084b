/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes keys, which share a ring, and says what is true of all of them. */
#include "p11/key.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct ring *ring_new(void)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (ring != NULL)
		ring->gate = gate_new();
	if (ring != NULL && ring->gate == NULL)
		ring_free(&ring);
	return ring;
}

void ring_free(struct ring **ring)
{
	struct ring *old = *ring;

	if (old == NULL)
		return;
	session_close(&old->session);
	gate_free(&old->gate);
	modules_close(&old->modules);
	tokens_free(&old->tokens);
	free(old);
	*ring = NULL;
}

int ring_is_usable(const struct ring *ring, struct error *error)
{
	return gate_has_failed(ring->gate, error) ? error_result(error) : session_is_usable(&ring->session, error);
}

void ring_note_gone(const struct ring *ring, const struct error *why)
{
	if (ring->session.token->gone || ring->session.refused != ERROR_NONE)
		gate_fail(ring->gate, why);
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

/* Adds a key to the ring, which then owns it; NULL if memory is exhausted. */
static struct p11_key *add_key(struct ring *ring)
{
	struct p11_key *key = calloc(1, sizeof(*key)), **link = &ring->keys;

	while (*link != NULL)
		link = &(*link)->next;
	if (key != NULL)
		key->ring = ring;
	*link = key;
	return key;
}

struct p11_key *key_new(void)
{
	struct ring *ring = ring_new();
	struct p11_key *key = ring != NULL ? add_key(ring) : NULL;

	if (key == NULL)
		ring_free(&ring);
	return key;
}

int p11_key_open(struct p11_key **key, const struct p11_request *request, bool writable, struct error *error)
{
	int result;

	*key = key_new();
	if (*key == NULL)
		return error_memory(error);
	result = key_begin(*key, request, writable, error);
	if (result == 0)
		result = key_log_in(*key, error);
	if (result < 0)
		p11_key_close(key);
	return result;
}

/* Finds a key for which there is no login: the ring's session has it already. */
static int find_beside(struct p11_key *key, struct error *error)
{
	const struct session *session = &key->ring->session;

	if (!token_matches(session->token, key->uri)) {
		error_set(error, ERROR_NO_KEY, "the key %s is not on token \"%s\", which has the other key",
			  uri_shown(key->uri), token_label(session->token));
		error_hint(error, "put both keys on one token");
		return -ERROR_NO_KEY;
	}
	if (key_find(key, error) < 0)
		return error_result(error);
	for (const struct p11_key *other = key->ring->keys; other != key; other = other->next) {
		if (other->handle == key->handle)
			return error_set(error, ERROR_NO_KEY, "%s and %s name the same key", uri_shown(other->uri),
					 uri_shown(key->uri));
	}
	if (require_nonextractable(key->ring, key->handle, error) < 0)
		return error_result(error);
	return key_require_attested(key, error);
}

int p11_key_open_beside(struct p11_key **other, struct p11_key *key, const struct uri *uri, struct error *error)
{
	int result;

	*other = add_key(key->ring);
	if (*other == NULL)
		return error_memory(error);
	(*other)->uri = uri;
	result = find_beside(*other, error);
	if (result < 0)
		p11_key_close(other);
	return result;
}

void p11_key_close(struct p11_key **key)
{
	struct p11_key *old = *key, **link;

	if (old == NULL)
		return;
	for (link = &old->ring->keys; *link != old; link = &(*link)->next)
		;
	*link = old->next;
	if (old->ring->keys == NULL)
		ring_free(&old->ring);
	EVP_PKEY_free(old->public);
	free(old->unchecked);
	free(old->full_uri);
	free(old);
	*key = NULL;
}

const char *p11_key_single(const struct p11_key *key)
{
	const struct ring *ring = key->ring;

	for (const struct p11_key *each = ring->keys; each != NULL; each = each->next) {
		if (each->always_authenticate)
			return "the key needs a login for each signature";
	}
	return ring->session.token->module->locks ? NULL : "the module does not say that several threads may call it";
}

bool p11_key_is_gone(const struct p11_key *key, struct error *why)
{
	return gate_has_failed(key->ring->gate, why);
}

bool p11_key_is_away(const struct p11_key *key)
{
	return gate_is_closed(key->ring->gate);
}

void p11_key_abandon(struct p11_key *key)
{
	gate_abandon(key->ring->gate);
}

bool p11_key_was_abandoned(const struct p11_key *key)
{
	return gate_was_abandoned(key->ring->gate);
}
