/* SPDX-License-Identifier: Apache-2.0 */
/* Destroys a key and what belongs to it. The private key goes first: if the token refuses, the key stays whole; if the
 * run ends later, another run finds what is left. */
#include "p11/destroy-internal.h"

#include "p11/officer.h"

#include <stdlib.h>

static void hint(CK_RV rv, struct error *error)
{
	if (rv == CKR_ACTION_PROHIBITED)
		error_hint(error, "it was made so that it cannot be destroyed (CKA_DESTROYABLE is false); initialising "
				  "the token removes it, with everything else");
	else if (rv == CKR_TOKEN_WRITE_PROTECTED || rv == CKR_SESSION_READ_ONLY)
		error_hint(error, "the token is write-protected");
	else if (!ckr_is_about_device(rv)) /* else there is a hint */
		error_hint(error, "some tokens let only their vendor's tool destroy keys and certificates");
}

/* Whether the object is gone already: some tokens destroy the public key with the private one. */
static bool is_gone(const struct session *session, const struct p11_object *object)
{
	CK_ATTRIBUTE id;
	struct error why;

	if (object_read(session, object->handle, CKA_ID, &id, &why) < 0)
		return why.code == CKR_OBJECT_HANDLE_INVALID;
	free(id.pValue);
	return false;
}

static CK_RV destroy(const struct session *session, const struct p11_object *object)
{
	CK_RV rv = CALL(session->token->module, C_DestroyObject, session->handle, object->handle);

	return rv == CKR_OBJECT_HANDLE_INVALID && is_gone(session, object) ? CKR_OK : rv;
}

/* Destroys the first object, as the user, or as the security officer if the token wants that. *rv is the result. */
static int destroy_first(struct p11_plan *plan, struct p11_object *object, CK_RV *rv, struct error *error)
{
	struct p11_key *key = plan->key;
	struct session *session = &key->ring->session;
	const struct p11_request *request = &key->ring->request;
	size_t count;

	*rv = destroy(session, object);
	if (*rv == CKR_OK || !officer_is_missing(session, *rv))
		return 0;
	if (request->so_pin_from.type == SOURCE_NONE) {
		ckr_error(error, ERROR_PIN, *rv, "token \"%s\" lets only its security officer destroy objects, and "
			  "nothing was destroyed (C_DestroyObject)", token_label(session->token));
		officer_hint(request, error);
		return -ERROR_PIN;
	}
	if (officer_login(session, request, error) < 0)
		return error_result(error);
	if (object->class == P11_PRIVATE_KEY) { /* its handle is not valid any more, and must not seem to be gone */
		if (destroy_find_private(key, &count, error) < 0)
			return error_result(error);
		if (count == 0)
			return error_set(error, ERROR_TOKEN, "token \"%s\" hides the private key from its security "
					 "officer, and lets nobody else destroy it; nothing was destroyed",
					 token_label(session->token));
		object->handle = key->handle;
	}
	*rv = destroy(session, object);
	return 0;
}

/* Destroys what is left once the private key is destroyed. Returns the first failure. */
static CK_RV destroy_rest(struct p11_plan *plan, size_t from)
{
	CK_RV first = CKR_OK;

	for (size_t i = from; i < plan->count; i++) {
		struct p11_object *object = &plan->objects[i];
		CK_RV rv = object->stays ? CKR_OK : destroy(&plan->key->ring->session, object);

		object->left = rv != CKR_OK;
		first = first == CKR_OK ? rv : first;
	}
	return first;
}

int p11_plan_carry_out(struct p11_plan *plan, struct error *error)
{
	const char *name = token_label(plan->key->ring->session.token);
	CK_RV rv = CKR_OK, other;
	size_t first = 0;

	if (plan->slot != NULL)
		return destroy_overwrite(plan, error);
	while (first < plan->count && plan->objects[first].stays)
		first++;
	if (first < plan->count && destroy_first(plan, &plan->objects[first], &rv, error) < 0)
		return error_result(error);
	if (rv != CKR_OK && plan->objects[first].class == P11_PRIVATE_KEY) {
		ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not destroy the private key, and nothing else was "
			  "tried (C_DestroyObject)", name);
		hint(rv, error);
		return -ERROR_TOKEN;
	}
	if (rv != CKR_OK)
		plan->objects[first].left = true;
	other = destroy_rest(plan, first + 1);
	if (rv == CKR_OK)
		rv = other;
	if (rv == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not destroy everything (C_DestroyObject)", name);
	hint(rv, error);
	return -ERROR_TOKEN;
}
