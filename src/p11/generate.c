/* SPDX-License-Identifier: Apache-2.0 */
/* Generates pairs that cannot leave their token. */
#include "p11/key-numbers.h"
#include "p11/new-key.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

struct generation {
	const struct p11_pair_type *type;
	struct new_pair pair;
};

static CK_RV generate_pair(struct p11_key *key, void *context, bool in_full)
{
	static const CK_BYTE exponent[] = { 1, 0, 1 };
	struct generation *work = context;
	const struct session *session = &key->ring->session;
	bool ec = work->pair.type == CKK_EC;
	CK_MECHANISM mechanism = { ec ? CKM_EC_KEY_PAIR_GEN : CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	struct attributes public = { .count = 0 }, private = { .count = 0 };
	CK_ULONG bits = work->type->bits, size;
	unsigned char *parameters = NULL;
	CK_RV rv;

	attributes_public(&public, &work->pair, in_full);
	attributes_private(&private, &work->pair, in_full);
	placing_add(&private, &work->pair);
	if (ec) {
		size = curve_parameters(work->type->curve, &parameters);
		attributes_add(&public, CKA_EC_PARAMS, parameters, size);
	} else {
		attributes_add(&public, CKA_MODULUS_BITS, &bits, sizeof(bits));
		attributes_add(&public, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	}
	rv = CALL(session->token->module, C_GenerateKeyPair, session->handle, &mechanism, public.list, public.count,
		  private.list, private.count, &work->pair.public, &key->handle);
	OPENSSL_free(parameters);
	return rv;
}

static int make_pair(struct p11_key *key, struct generation *work, struct error *error)
{
	bool ec = work->pair.type == CKK_EC;
	char what[64];

	if (ec)
		snprintf(what, sizeof(what), "make an EC key on curve %s", work->type->curve);
	else
		snprintf(what, sizeof(what), "make an RSA key of %u bits", work->type->bits);
	if (new_key_make(key, &work->pair, what, "C_GenerateKeyPair", generate_pair, work, error) == 0)
		return 0;
	if (ec && (error->code == CKR_CURVE_NOT_SUPPORTED || error->code == CKR_DOMAIN_PARAMS_INVALID))
		error_hint(error, "choose another curve with --curve");
	return error_result(error);
}

static int read_back(const struct p11_key *key, const struct new_pair *pair, struct error *error)
{
	bool leaves;

	if (new_key_check(&key->ring->session, key->handle, &leaves, error) == 0)
		return 0;
	if (leaves)
		return pair_destroy(&key->ring->session, pair->public, key->handle, key->full_uri,
				    "this token does not keep its keys", error);
	error_append(error, "; the key: %s", key->full_uri);
	error_hint(error, "the key was made, but it is not known whether it can leave the token; check it with "
			  "\"p11bearer keys\" before you use it");
	return error_result(error);
}

static int generate(struct p11_key *key, const struct p11_request *request, const struct p11_pair_type *type,
		    struct error *error)
{
	struct generation work = { type, { .type = type->curve != NULL ? CKK_EC : CKK_RSA,
					   .placing = type->placing } };

	if (new_key_begin(key, request, &work.pair, error) < 0 || new_key_claim(key, &work.pair, error) < 0 ||
	    make_pair(key, &work, error) < 0 || read_back(key, &work.pair, error) < 0)
		return error_result(error);
	new_key_finish(key, &work.pair);
	if (require_nonextractable(key->ring, key->handle, error) < 0 || key_require_attested(key, error) < 0) {
		error_append(error, "; the key was made: %s", key->full_uri);
		return error_result(error);
	}
	return work.pair.slot != NULL ? 0 : taken_since(key, &work.pair, error);
}

int p11_key_generate(const struct p11_request *request, const struct p11_pair_type *type, char **uri,
		     struct error *error)
{
	struct p11_key *key = key_new();
	struct p11_request own = *request;
	int result;

	*uri = NULL;
	if (key == NULL)
		return error_memory(error);
	/* What the new key signs with, for --require-hardware; the configured algorithm may be another key's. */
	if (type->curve != NULL)
		own.alg = alg_of_curve(type->curve);
	else if (own.alg == ALG_AUTO || !fit_takes(own.alg, CKK_RSA))
		own.alg = ALG_RS256;
	result = generate(key, &own, type, error);
	if (result == 0) {
		*uri = key->full_uri;
		key->full_uri = NULL;
	}
	p11_key_close(&key);
	return result;
}

bool p11_is_refused_object(const struct error *error)
{
	/* The code of a login that failed is not kept: with one, ERROR_PIN is that the officer is missing. */
	bool about_token = error->class == ERROR_TOKEN || error->class == ERROR_PIN;

	return about_token && error->code != CKR_OK && error->code != CKR_HOST_MEMORY &&
	       !ckr_is_about_device(error->code);
}
