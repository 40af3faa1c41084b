/* SPDX-License-Identifier: Apache-2.0 */
/* Whether keys fit the algorithm that was requested, and which algorithm ALG_AUTO means. */
#include "p11/key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fit_takes(enum alg alg, CK_KEY_TYPE type)
{
	if (alg == ALG_AUTO)
		return type == CKK_RSA || type == CKK_EC;
	return type == (alg_info(alg)->family == ALG_ECDSA ? CKK_EC : CKK_RSA);
}

CK_KEY_TYPE fit_type(const struct p11_key *key)
{
	return fit_takes(key->alg, CKK_EC) ? CKK_EC : CKK_RSA;
}

const char *fit_name(enum alg alg)
{
	return alg == ALG_AUTO ? "" : fit_takes(alg, CKK_RSA) ? "RSA " : "EC ";
}

int fit_find(const struct session *session, const struct uri *uri, CK_OBJECT_CLASS class, enum alg alg,
	     CK_OBJECT_HANDLE *found, size_t room, size_t *count, CK_KEY_TYPE *type, struct error *error)
{
	static const CK_KEY_TYPE types[] = { CKK_RSA, CKK_EC };

	*count = 0;
	for (size_t i = 0; i < 2 && *count == 0; i++) {
		*type = types[i];
		if (fit_takes(alg, types[i]) &&
		    objects_find(session, uri, class, types[i], found, room, count, error) < 0)
			return error_result(error);
	}
	return 0;
}

static int misfit(const struct p11_key *key, CK_OBJECT_HANDLE object, const char *what, const char *needed,
		  struct error *error)
{
	const struct p11_request *request = &key->ring->request;
	char *uri = object_uri(&key->ring->session, object);

	error_set(error, ERROR_NO_KEY, "%s requires %s, but %s is %s",
		  alg_info(request->alg != ALG_AUTO ? request->alg : request->rsa_alg)->name, needed,
		  uri != NULL ? uri : "the key", what);
	error_hint(error, "choose another key, or another algorithm with --alg; \"auto\" takes the key's own");
	free(uri);
	return -ERROR_NO_KEY;
}

int fit_refuse_other(const struct p11_key *key, CK_OBJECT_CLASS class, struct error *error)
{
	enum alg alg = key->ring->request.alg;
	bool is_rsa = alg != ALG_AUTO && fit_takes(alg, CKK_EC); /* the type that does not fit */
	CK_OBJECT_HANDLE found;
	size_t count;

	/* If the URI names only the token, what it shows may be another key than the one that it hides until login. */
	if (alg == ALG_AUTO || !(key->uri->has_object || key->uri->has_id))
		return 0;
	if (objects_find(&key->ring->session, key->uri, class, is_rsa ? CKK_RSA : CKK_EC, &found, 1, &count, error) < 0)
		return error_result(error);
	if (count == 0)
		return 0;
	return is_rsa ? misfit(key, found, "an RSA key", "an EC key", error) :
			misfit(key, found, "an EC key", "an RSA key", error);
}

/* The curve of an EC key: from its attributes, or from the public half of a private key. "" if it is not shown. */
static int read_curve(const struct session *session, CK_OBJECT_HANDLE object, bool is_private, char name[CURVE_SIZE],
		      struct error *error)
{
	EVP_PKEY *public = NULL;
	int result = object_curve(session, object, name, error);

	if (*name != '\0' || (result < 0 && template_ends_search(error)))
		return result;
	if (is_private && object_public(session, object, CKK_EC, &public, error) < 0)
		return template_ends_search(error) ? error_result(error) : 0;
	if (public != NULL && EVP_PKEY_get_group_name(public, name, CURVE_SIZE, NULL) <= 0)
		*name = '\0';
	EVP_PKEY_free(public);
	return 0;
}

static int settle_ec(struct p11_key *key, CK_OBJECT_HANDLE object, bool is_private, struct error *error)
{
	enum alg wanted = key->ring->request.alg, alg;
	char curve[CURVE_SIZE], what[96];

	if (read_curve(&key->ring->session, object, is_private, curve, error) < 0)
		return error_result(error);
	alg = alg_of_curve(curve);
	if (*curve == '\0' && wanted == ALG_AUTO && is_private) {
		error_set(error, ERROR_NO_KEY, "token \"%s\" does not show the curve of the key",
			  token_label(key->ring->session.token));
		error_hint(error, "choose the algorithm with --alg");
		return -ERROR_NO_KEY;
	}
	if (*curve != '\0' && wanted == ALG_AUTO && alg == ALG_AUTO) {
		error_set(error, ERROR_NO_KEY,
			  "JWS has no algorithm for the key on token \"%s\", which is on the curve %s",
			  token_label(key->ring->session.token), curve);
		error_hint(error, "choose a key on P-256, P-384 or P-521, or an RSA key");
		return -ERROR_NO_KEY;
	}
	if (*curve != '\0' && wanted != ALG_AUTO && alg != wanted) {
		snprintf(what, sizeof(what), "on %s", alg != ALG_AUTO ? alg_info(alg)->curve : curve);
		return misfit(key, object, what, alg_info(wanted)->curve, error);
	}
	key->alg = wanted != ALG_AUTO ? wanted : alg;
	return 0;
}

static int settle_rsa(struct p11_key *key, CK_OBJECT_HANDLE object, struct error *error)
{
	const struct p11_request *request = &key->ring->request;
	enum alg automatic = request->rsa_alg != ALG_AUTO ? request->rsa_alg : ALG_RS256;
	enum alg alg = request->alg != ALG_AUTO ? request->alg : automatic;
	struct key_type type = { .bits = 0 };
	char what[64], needed[64];

	/* RS256 fits every RSA key in use, and is not worth a call. */
	if (alg != ALG_RS256 &&
	    object_key_type(&key->ring->session, object, &type, error) < 0 && template_ends_search(error))
		return error_result(error);
	if (type.bits > 0 && (int)type.bits < mechanism_bits_min(alg)) {
		snprintf(needed, sizeof(needed), "a key of %d bits or more", mechanism_bits_min(alg));
		snprintf(what, sizeof(what), "one of %u bits", type.bits);
		return misfit(key, object, what, needed, error);
	}
	key->alg = alg;
	return 0;
}

int fit_settle(struct p11_key *key, CK_OBJECT_HANDLE object, CK_KEY_TYPE type, bool is_private, struct error *error)
{
	int result = 0;

	if (key->alg == ALG_AUTO)
		result = type == CKK_EC ? settle_ec(key, object, is_private, error) : settle_rsa(key, object, error);
	if (result < 0 || key->alg == ALG_AUTO || key->mechanism != NULL)
		return result;
	if (key->ring->request.alg == ALG_AUTO &&
	    require_hardware(key->ring->session.token, &key->ring->request, key->alg, error) < 0) {
		if (is_private)
			error_hint(error, "nothing was signed; to use the token anyway, omit --require-hardware");
		return error_result(error);
	}
	return mechanism_choose(key->ring->session.token, key->alg, &key->mechanism, error);
}
