/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the public half of a key, without a login if the token shows it. */
#include "p11/key.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* The algorithm of a key with this public half: the requested one, or the key's own. ALG_AUTO if the key does not
 * fit. */
static enum alg alg_of_half(EVP_PKEY *public, enum alg wanted)
{
	enum alg own = ALG_AUTO;
	char group[64];

	if (EVP_PKEY_is_a(public, "RSA"))
		own = wanted != ALG_AUTO && fit_takes(wanted, CKK_RSA) ? wanted : ALG_RS256;
	else if (EVP_PKEY_is_a(public, "EC") && EVP_PKEY_get_group_name(public, group, sizeof(group), NULL) > 0)
		own = alg_of_curve(group);
	if ((wanted != ALG_AUTO && wanted != own) ||
	    (own != ALG_AUTO && fit_takes(own, CKK_RSA) && EVP_PKEY_get_bits(public) < mechanism_bits_min(own)))
		return ALG_AUTO;
	return own;
}

/* Adds the public halves of the public keys and certificates with the URI's id and label (those it has). */
static int add_halves(const struct p11_key *key, bool by_label, struct halves *halves, struct error *error)
{
	CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY, CKO_CERTIFICATE };
	const struct uri *uri = key->uri;
	int result = 0;

	for (size_t i = 0; i < 2 && result == 0; i++) {
		CK_ATTRIBUTE template[3] = { { CKA_CLASS, &classes[i], sizeof(classes[i]) } };
		size_t count = 1;

		if (uri->has_object && by_label)
			template[count++] = *p11_kit_uri_get_attribute(uri->parsed, CKA_LABEL);
		if (uri->has_id)
			template[count++] = *p11_kit_uri_get_attribute(uri->parsed, CKA_ID);
		if (i == 1 && count == 1 && halves->only == NULL)
			break; /* if the URI names no object, the certificate may be another's, such as the issuer's */
		result = halves_add(&key->ring->session, template, count, halves, error);
	}
	return result;
}

int key_half(const struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	struct halves halves = { .only = NULL };
	int result = add_halves(key, true, &halves, error);

	/* On cards, the label of a public key or certificate is not that of the private key. */
	if (result == 0 && halves.only == NULL && key->uri->has_object && key->uri->has_id)
		result = add_halves(key, false, &halves, error);
	*public = halves_take(&halves);
	if (result == 0)
		return 0;
	EVP_PKEY_free(*public);
	*public = NULL;
	return result;
}

/* Looks for one public half that fits the algorithm in what the token shows; *public is NULL if nothing fits, or
 * several do. */
static int look(struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	if (key_half(key, public, error) < 0)
		return error->code == CKR_USER_NOT_LOGGED_IN ? 0 : error_result(error);
	if (*public != NULL)
		key->alg = alg_of_half(*public, key->ring->request.alg);
	if (key->alg != ALG_AUTO)
		return mechanism_choose(key->ring->session.token, key->alg, &key->mechanism, error);
	EVP_PKEY_free(*public);
	*public = NULL;
	return 0;
}

static int read_half(struct p11_key *key, const struct p11_request *request, bool with_login, EVP_PKEY **public,
		     struct error *error)
{
	if (key_begin(key, request, false, error) < 0)
		return error_result(error);
	/* Only the private key itself shows whether it can leave the token, and which attestation is its own. */
	if (!request->require_nonextractable && request->attester == NULL && look(key, public, error) < 0)
		return error_result(error);
	if (*public != NULL)
		return 0;
	if (!with_login) {
		if (key_check_before_login(key, error) < 0)
			return error_result(error);
		return error_set(error, ERROR_NO_KEY,
				 "token \"%s\" does not show without a login which public key belongs to %s",
				 token_label(key->ring->session.token), uri_shown(key->uri));
	}
	if (key_log_in(key, error) < 0)
		return error_result(error);
	return p11_key_public(key, public, error);
}

int p11_public_read(const struct p11_request *request, bool with_login, EVP_PKEY **public, enum alg *alg,
		    struct error *error)
{
	struct p11_key *key = key_new();
	int result;

	*public = NULL;
	if (key == NULL)
		return error_memory(error);
	result = read_half(key, request, with_login, public, error);
	*alg = key->alg;
	p11_key_close(&key);
	if (result < 0) {
		EVP_PKEY_free(*public);
		*public = NULL;
	}
	return result;
}
