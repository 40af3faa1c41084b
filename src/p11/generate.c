/* SPDX-License-Identifier: Apache-2.0 */
/* Generates pairs that cannot leave their token. */
#include "p11/new-key.h"

#include "base/message.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

static CK_RV generate_pair(struct p11_key *key, const struct p11_pair_type *type, struct new_pair *pair, bool in_full)
{
	static const CK_BYTE exponent[] = { 1, 0, 1 };
	bool ec = type->curve != NULL;
	CK_MECHANISM mechanism = { ec ? CKM_EC_KEY_PAIR_GEN : CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	struct attributes public = { .count = 0 }, private = { .count = 0 };
	CK_ULONG bits = type->bits, size;
	unsigned char *parameters = NULL;
	CK_RV rv;

	attributes_public(&public, pair, in_full);
	attributes_private(&private, pair, in_full);
	if (ec) {
		size = new_key_curve(type->curve, &parameters);
		attributes_add(&public, CKA_EC_PARAMS, parameters, size);
	} else {
		attributes_add(&public, CKA_MODULUS_BITS, &bits, sizeof(bits));
		attributes_add(&public, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	}
	rv = CALL(key->session.token->module, C_GenerateKeyPair, key->session.handle, &mechanism, public.list,
		  public.count, private.list, private.count, &pair->public, &key->handle);
	OPENSSL_free(parameters);
	return rv;
}

static int make_pair(struct p11_key *key, const struct p11_pair_type *type, struct new_pair *pair, struct error *error)
{
	const char *name = token_label(key->session.token);
	CK_RV first = generate_pair(key, type, pair, true), second;
	char what[64];

	if (first == CKR_OK)
		return 0;
	if (type->curve != NULL)
		snprintf(what, sizeof(what), "an EC key on curve %s", type->curve);
	else
		snprintf(what, sizeof(what), "an RSA key of %u bits", type->bits);
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" cannot make %s (C_GenerateKeyPair)", name, what);
	error_hint(error, OWN_TOOL);
	if (!is_about_template(first))
		return -ERROR_TOKEN;
	message_step("token \"%s\" refuses the template: %s; trying a shorter one", name, ckr_text(first));
	second = generate_pair(key, type, pair, false);
	if (second == CKR_OK)
		return 0;
	error_set(error, ERROR_TOKEN,
		  "token \"%s\" cannot make %s (C_GenerateKeyPair): %s, and with a shorter template %s", name, what,
		  ckr_text(first), ckr_text(second));
	error_hint(error, OWN_TOOL);
	error->code = second;
	return -ERROR_TOKEN;
}

static int read_back(const struct p11_key *key, const struct new_pair *pair, struct error *error)
{
	bool leaves;

	if (new_key_check(&key->session, key->handle, &leaves, error) == 0)
		return 0;
	if (leaves)
		return pair_destroy(&key->session, pair->public, key->handle, key->full_uri,
				    "this token does not keep its keys", error);
	error_append(error, "; the key: %s", key->full_uri);
	error_hint(error, "the key was made, but it is not known whether it can leave the token; check it with "
			  "\"p11bearer keys\" before you use it");
	return error_result(error);
}

static int generate(struct p11_key *key, const struct p11_request *request, const struct p11_pair_type *type,
		    struct error *error)
{
	struct new_pair pair = { .type = type->curve != NULL ? CKK_EC : CKK_RSA };

	if (new_key_begin(key, request, &pair, error) < 0)
		return error_result(error);
	if (make_pair(key, type, &pair, error) < 0 &&
	    (!new_key_login(key, request, error) || make_pair(key, type, &pair, error) < 0))
		return error_result(error);
	if (read_back(key, &pair, error) < 0)
		return error_result(error);
	new_key_warn_of_uses(&key->session, key->handle);
	new_key_read_names(key);
	if (require_nonextractable(&key->session, key->handle, request, error) < 0) {
		error_append(error, "; the key was made: %s", key->full_uri);
		return error_result(error);
	}
	return taken_since(key, &pair, error);
}

int p11_key_generate(const struct p11_request *request, const struct p11_pair_type *type, char **uri,
		     struct error *error)
{
	struct p11_key *key = calloc(1, sizeof(*key));
	int result;

	*uri = NULL;
	if (key == NULL)
		return error_memory(error);
	result = generate(key, request, type, error);
	if (result == 0) {
		*uri = key->full_uri;
		key->full_uri = NULL;
	}
	p11_key_close(&key);
	return result;
}
