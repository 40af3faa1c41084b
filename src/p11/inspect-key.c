/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a key: at the private key if the token shows it, else at its public half. */
#include "p11/inspect.h"

#include "p11/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the token may have private keys that it does not show before a login. */
static bool hides(const struct p11_key *key)
{
	const struct session *session = &key->ring->session;

	return session->logins == 0 && ((session->token->info.flags & CKF_LOGIN_REQUIRED) != 0 ||
					session_may_login(session, &key->ring->request));
}

static void set_alg(struct p11_seen_key *seen, const struct p11_request *request)
{
	enum alg rsa = request->rsa_alg != ALG_AUTO ? request->rsa_alg : ALG_RS256;

	seen->alg = request->alg != ALG_AUTO ? request->alg :
		    strcmp(seen->type, "RSA") == 0 ? rsa : alg_of_curve(seen->curve);
}

/* Fills type, curve and size from the public half. */
static void read_half(struct p11_seen_key *seen)
{
	char group[sizeof(seen->curve)];
	enum alg alg;

	seen->bits = (unsigned)EVP_PKEY_get_bits(seen->public);
	if (EVP_PKEY_is_a(seen->public, "RSA")) {
		snprintf(seen->type, sizeof(seen->type), "RSA");
	} else if (EVP_PKEY_is_a(seen->public, "EC")) {
		snprintf(seen->type, sizeof(seen->type), "EC");
		if (EVP_PKEY_get_group_name(seen->public, group, sizeof(group), NULL) <= 0)
			*group = '\0';
		alg = alg_of_curve(group);
		snprintf(seen->curve, sizeof(seen->curve), "%s", alg != ALG_AUTO ? alg_info(alg)->curve : group);
	}
}

/* Private keys are hidden: looks at public keys and certificates. */
static int look_at_half(struct p11_key *view, struct p11_seen_key *seen, struct error *error)
{
	CK_OBJECT_HANDLE found[KEYS_NAMED_MOST + 1];
	CK_KEY_TYPE type;
	size_t count;
	int result = fit_find(&view->ring->session, view->uri, CKO_PUBLIC_KEY, view->ring->request.alg, found,
			      KEYS_NAMED_MOST + 1, &count, &type, error);

	if (result == 0 && count > 1)
		return key_is_one_of_many(view, found, count, false, error);
	if (result == 0 && count == 0)
		result = fit_refuse_other(view, CKO_PUBLIC_KEY, error);
	if (result == 0)
		result = key_half(view, &seen->public, error);
	if (result < 0)
		return error->code == CKR_USER_NOT_LOGGED_IN ? 0 : result;
	if (seen->public == NULL)
		return 0;
	seen->what = P11_SEEN_HALF;
	read_half(seen);
	return 0;
}

/* Fails only if that ends the search. */
static int look_for_proof(const struct p11_key *view, CK_OBJECT_HANDLE private, struct p11_seen_key *seen)
{
	bool attested;
	int result = require_attested(view->ring, private, &attested, NULL, &seen->unproven);

	if (view->ring->request.attester != NULL)
		seen->attested = attested ? 1 : 0;
	return result < 0 && template_ends_search(&seen->unproven) ? result : 0;
}

static int look_at_private(const struct p11_key *view, CK_OBJECT_HANDLE private, CK_KEY_TYPE key_type,
			   struct p11_seen_key *seen, struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_LOCAL, CKA_ALWAYS_AUTHENTICATE };
	const struct session *session = &view->ring->session;
	struct key_type type;
	struct error ignored;
	int flags[4];

	seen->what = P11_SEEN_PRIVATE;
	seen->uri = object_uri(session, private);
	if (object_key_type(session, private, &type, error) < 0)
		return error_result(error);
	if (object_public(session, private, key_type, &seen->public, error) < 0 && template_ends_search(error))
		return error_result(error);
	/* A flag that cannot be read is unknown. */
	(void)object_flags(session, private, types, flags, 4, &ignored);
	seen->sensitive = flags[0];
	seen->extractable = flags[1];
	seen->local = flags[2];
	seen->always_authenticate = flags[3];
	if (look_for_proof(view, private, seen) < 0) {
		*error = seen->unproven;
		return error_result(error);
	}
	if (seen->public != NULL)
		read_half(seen);
	if (seen->bits > 0)
		return 0;
	snprintf(seen->type, sizeof(seen->type), "%s", type.name);
	snprintf(seen->curve, sizeof(seen->curve), "%s", type.curve);
	seen->bits = type.bits;
	return 0;
}

static int look(struct p11_key *view, struct p11_seen_key *seen, struct error *error)
{
	CK_OBJECT_HANDLE found[KEYS_NAMED_MOST + 1];
	CK_KEY_TYPE type;
	size_t count;
	int result = fit_find(&view->ring->session, view->uri, CKO_PRIVATE_KEY, view->ring->request.alg, found,
			      KEYS_NAMED_MOST + 1, &count, &type, error);

	if (result < 0 && (error->code != CKR_USER_NOT_LOGGED_IN || !hides(view)))
		return result;
	if (count > 1)
		return key_is_one_of_many(view, found, count, view->ring->session.logins > 0, error);
	if (count == 1)
		result = look_at_private(view, found[0], type, seen, error);
	else if (hides(view))
		result = look_at_half(view, seen, error);
	else if (fit_refuse_other(view, CKO_PRIVATE_KEY, error) < 0)
		return error_result(error);
	else
		return key_is_missing(view, error);
	set_alg(seen, &view->ring->request);
	if (result < 0 || seen->public == NULL)
		return result;
	return object_certificate(&view->ring->session, count == 1 ? found[0] : CK_INVALID_HANDLE, seen->public,
				  &seen->certificate, error);
}

int p11_inspect_key(struct p11_key *key, const struct uri *uri, struct p11_seen_key *seen, struct error *error)
{
	struct p11_key view = *key; /* another key in the same session, of which only the search is used */

	*seen = (struct p11_seen_key){ .sensitive = -1, .extractable = -1, .local = -1, .always_authenticate = -1,
					.attested = -1 };
	view.uri = uri;
	view.handle = CK_INVALID_HANDLE;
	return look(&view, seen, error);
}

int p11_inspect_tls_key(struct p11_key *key, const struct uri *uri, struct p11_seen_key *seen, struct error *error)
{
	enum alg *wanted = &key->ring->request.alg, kept = *wanted;
	int result;

	*wanted = ALG_AUTO;
	result = p11_inspect_key(key, uri, seen, error);
	*wanted = kept;
	return result;
}

void p11_seen_key_clear(struct p11_seen_key *seen)
{
	free(seen->uri);
	EVP_PKEY_free(seen->public);
	X509_free(seen->certificate);
	memset(seen, 0, sizeof(*seen));
}
