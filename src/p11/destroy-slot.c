/* SPDX-License-Identifier: Apache-2.0 */
/* The slot of a YubiKey. libykcs11 cannot destroy a private key: C_DestroyObject of any object in a slot deletes the
 * slot's certificate, and the key can sign again in the next session. So another key, which nobody uses, overwrites
 * it. */
#include "p11/destroy-internal.h"

#include "p11/certificate.h"
#include "p11/key-numbers.h"
#include "p11/yubikey.h"

#include <openssl/crypto.h>

/* An EC key, because the device makes one in no time. */
static CK_RV generate(const struct p11_key *key)
{
	const struct session *session = &key->ring->session;
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID);
	CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_HANDLE handles[2];
	unsigned char *parameters = NULL;
	CK_ULONG size = curve_parameters("P-256", &parameters);
	CK_RV rv = CKR_HOST_MEMORY;

	if (size > 0) {
		CK_ATTRIBUTE public[] = {
			{ CKA_TOKEN, &yes, sizeof(yes) }, *id, { CKA_EC_PARAMS, parameters, size },
		};
		CK_ATTRIBUTE private[] = { { CKA_TOKEN, &yes, sizeof(yes) }, *id };

		rv = CALL(session->token->module, C_GenerateKeyPair, session->handle, &mechanism, public, 3, private, 2,
			  &handles[0], &handles[1]);
	}
	OPENSSL_free(parameters);
	return rv;
}

/* Deletes what is stored as the slot's certificate: after `generate` that is a placeholder. */
static int delete_certificate(const struct p11_key *key, struct error *error)
{
	const struct session *session = &key->ring->session;
	CK_OBJECT_HANDLE found[CERTIFICATES_MOST];
	CK_RV rv = CKR_OK;
	size_t count;

	if (certificates_find(session, p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID), found, &count, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < count && rv == CKR_OK; i++) {
		if (certificate_is_stored(session, found[i]))
			rv = CALL(session->token->module, C_DestroyObject, session->handle, found[i]);
	}
	return rv == CKR_OK ? 0 : ckr_error(error, ERROR_TOKEN, rv, "cannot delete it (C_DestroyObject)");
}

int destroy_overwrite(struct p11_plan *plan, struct error *error)
{
	const char *name = token_label(plan->key->ring->session.token);
	struct error why;
	CK_RV rv = generate(plan->key);

	if (rv != CKR_OK) {
		ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" does not confirm that it has overwritten the private "
			  "key in slot %s, and nothing else was tried (C_GenerateKeyPair)", name, plan->slot);
		/* A card that was pulled out may have done it. */
		if (yubikey_may_have_made(rv))
			error_hint(error, "it is not known whether the key is still there; run the command again");
		return -ERROR_TOKEN;
	}
	if (delete_certificate(plan->key, &why) == 0)
		return 0;
	error_set(error, ERROR_TOKEN, "the private key in slot %s of token \"%s\" was overwritten, but a certificate "
		  "is left in the slot: %s", plan->slot, name, why.text);
	error_hint(error, "run the command again");
	return -ERROR_TOKEN;
}
