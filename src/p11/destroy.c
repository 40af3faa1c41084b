/* SPDX-License-Identifier: Apache-2.0 */
/* Destroys a key and what belongs to it. The private key goes first: if the token refuses, the key stays whole; if the
 * run ends later, another run finds what is left. */
#include "p11/destroy.h"

#include "p11/key.h"

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

int p11_plan_carry_out(struct p11_plan *plan, struct error *error)
{
	const struct session *session = &plan->key->ring->session;
	CK_RV first = CKR_OK;

	for (size_t i = 0; i < plan->count; i++) {
		struct p11_object *object = &plan->objects[i];
		CK_RV rv;

		if (object->stays)
			continue;
		rv = CALL(session->token->module, C_DestroyObject, session->handle, object->handle);
		if (rv == CKR_OK || (rv == CKR_OBJECT_HANDLE_INVALID && is_gone(session, object)))
			continue;
		object->left = object->class != P11_PRIVATE_KEY;
		first = first == CKR_OK ? rv : first;
		if (object->class == P11_PRIVATE_KEY) {
			ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not destroy the private key, and nothing "
				  "else was tried (C_DestroyObject)", token_label(session->token));
			hint(rv, error);
			return -ERROR_TOKEN;
		}
	}
	if (first == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" did not destroy everything (C_DestroyObject)",
		  token_label(session->token));
	hint(first, error);
	return -ERROR_TOKEN;
}
