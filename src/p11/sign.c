/* SPDX-License-Identifier: Apache-2.0 */
/* One signature by the token. */
#include "p11/key.h"

#include "base/message.h"
#include "p11/yubikey.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_MIN = 2048 }; /* of an RSA key: RFC 7518 sections 3.3 and 3.5 */

/* The mechanism to try after the signer's; NULL if it was the last. */
static const struct mechanism *next_mechanism(const struct p11_signer *signer)
{
	const struct mechanism *next = signer->mechanism + 1;

	/* The encoding is as long as the modulus, which the token may not show. */
	return next->name == NULL || (next->input == INPUT_ENCODED && signer->key->public == NULL) ? NULL : next;
}

static CK_RV sign_init(const struct p11_signer *signer)
{
	return mechanism_begin(signer->session, signer->key->handle, signer->key->alg, signer->mechanism);
}

/* Modules have many codes for the lack of a mechanism: after any error the next one is tried, unless the error is a
 * loss, which is recovered from first. */
static int sign_begin(struct p11_signer *signer, struct error *error)
{
	const struct mechanism *first = signer->mechanism, *next = next_mechanism(signer);
	const char *label = token_label(signer->session->token);
	CK_RV rv;

	if (first->input == INPUT_ENCODED && signer->key->public == NULL)
		return error_set(error, ERROR_TOKEN,
				 "token \"%s\" does not sign: it has only %s, and does not show the size of the key, "
				 "which %s needs",
				 label, first->name, alg_info(signer->key->alg)->name);
	rv = sign_init(signer);
	if (rv == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" does not sign (C_SignInit with %s)", label, first->name);
	if (next == NULL || (is_loss(error) && !signer->recovering))
		return error_result(error);
	error_set(error, ERROR_TOKEN, "token \"%s\" does not sign: C_SignInit returns %s for %s", label, ckr_text(rv),
		  first->name);
	for (; rv != CKR_OK && next != NULL; next = next_mechanism(signer)) {
		signer->mechanism = next;
		rv = sign_init(signer);
		if (rv != CKR_OK)
			error_append(error, ", %s for %s", ckr_text(rv), next->name);
	}
	if (rv == CKR_OK)
		return 0;
	signer->mechanism = first;
	error->code = rv;
	if (ckr_is_about_device(rv))
		error_hint(error, DEVICE_ADVICE);
	else if (rv == CKR_MECHANISM_INVALID && alg_info(signer->key->alg)->family == ALG_PKCS1)
		error_hint(error, "if the token makes RSASSA-PSS signatures only, choose --alg PS256");
	return -ERROR_TOKEN;
}

/* C_SignInit, the login for this operation if the key needs one, and C_Sign. *rv is what C_Sign returned. */
static int call_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature,
		     CK_ULONG *length, CK_RV *rv, struct error *error)
{
	unsigned char room[SIGNATURE_MAX];
	struct p11_key *key = signer->key;
	int bits = key->public != NULL ? EVP_PKEY_get_bits(key->public) : 0;
	struct token *token = signer->session->token;
	const void *input;
	size_t input_length;

	if (sign_begin(signer, error) < 0 ||
	    mechanism_input(key->alg, signer->mechanism->input, bits, data, size, room, &input, &input_length,
			    error) < 0)
		return error_result(error);
	if (key->always_authenticate && session_login_context(signer->session, &key->ring->request, error) < 0)
		return error_result(error);
	if (token_is_there(token, error) < 0) /* another thread may have noticed in the meantime that it is gone */
		return error_result(error);
	*length = SIGNATURE_MAX;
	policy_ask(&key->policy);
	*rv = CALL(token->module, C_Sign, signer->session->handle, (CK_BYTE_PTR)input, input_length, signature, length);
	return 0;
}

static bool reads_always_authenticate(const struct p11_key *key)
{
	static const CK_ATTRIBUTE_TYPE type = CKA_ALWAYS_AUTHENTICATE;
	struct error ignored;
	int value;

	/* An error counts as "no": some modules fail for an attribute that they do not know. */
	(void)object_flags(&key->ring->session, key->handle, &type, &value, 1, &ignored);
	return value == 1;
}

static int read_signing(struct p11_key *key, EVP_PKEY **public, struct error *error)
{
	static const CK_ATTRIBUTE_TYPE type = CKA_ALWAYS_AUTHENTICATE;
	int value = 0, result;

	/* libykcs11 2.2 crashes when it reads the public half of a key in a slot without a certificate. */
	if (fit_type(key) == CKK_RSA && !(key->public != NULL && yubikey_is(key->ring->session.token)))
		return object_signing(&key->ring->session, key->handle, &key->always_authenticate, public, error);
	/* A private EC key has no public half that could be read in the same call. */
	result = object_flags(&key->ring->session, key->handle, &type, &value, 1, error);
	key->always_authenticate = value == 1;
	return result;
}

int key_prepare(struct p11_key *key, struct error *error)
{
	EVP_PKEY *public = NULL;

	if (key->prepared)
		return 0;
	if (read_signing(key, &public, error) < 0) {
		if (template_ends_search(error))
			return error_result(error);
		/* Some modules fail like this for an attribute that they do not know. */
		key->always_authenticate = reads_always_authenticate(key);
	}
	if (policy_read(&key->ring->session, key->handle, &key->policy, error) < 0) {
		EVP_PKEY_free(public);
		return error_result(error);
	}
	key->always_authenticate |= key->policy.pin_always;
	if (key->public == NULL)
		key->public = public;
	else
		EVP_PKEY_free(public); /* p11_key_public has read it before */
	if (key->public == NULL &&
	    object_public(&key->ring->session, key->handle, fit_type(key), &key->public, error) < 0) {
		if (template_ends_search(error))
			return error_result(error);
		free(key->unchecked);
		key->unchecked = strdup(error->text);
		if (key->unchecked == NULL)
			return error_memory(error);
	}
	key->prepared = true;
	return 0;
}

int p11_key_prepare(struct p11_key *key, struct error *error)
{
	if (key_prepare(key, error) < 0 && !is_loss(error)) /* p11_signer_sign recovers what is lost */
		return error_result(error);
	return key->always_authenticate ? session_pin(&key->ring->session, &key->ring->request, error) : 0;
}

/* What some tokens return for a mechanism from C_Sign only. */
static bool is_about_mechanism(CK_RV rv)
{
	return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_FUNCTION_NOT_SUPPORTED;
}

void p11_key_warn_of_size(const struct p11_key *key, int bits)
{
	bool is_first = key == key->ring->keys;

	if (bits < BITS_MIN && fit_type(key) == CKK_RSA)
		message_warn("the key %s%son token \"%s\" has %d bits; servers that follow RFC 7518 require %d or more",
			     is_first ? "" : uri_shown(key->uri), is_first ? "" : " ",
			     token_label(key->ring->session.token), bits, (int)BITS_MIN);
}

/* A signature that is wrong by a fault of the token can reveal an RSA key: it must not leave. */
static int verify(const struct p11_signer *signer, const void *data, size_t size, unsigned char *signature,
		  size_t length, struct error *error)
{
	EVP_PKEY *public = signer->public != NULL ? signer->public : signer->key->public;

	if (public == NULL || alg_verifies(signer->key->alg, public, data, size, signature, length))
		return 0;
	OPENSSL_cleanse(signature, length);
	error_set(error, ERROR_TOKEN,
		  "the signature of token \"%s\" is wrong: the key's public half does not verify it; it was discarded",
		  token_label(signer->session->token));
	/* A private EC key does not show which public half is its own, unless it is a new one. */
	if (fit_type(signer->key) == CKK_EC && signer->key->full_uri == NULL)
		error_hint(error, "if the public key or certificate with the key's id belongs to an earlier key, "
				  "remove or replace it");
	return -ERROR_TOKEN;
}

int sign_once(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
	      struct error *error)
{
	struct p11_key *key = signer->key;
	const struct mechanism *next;
	CK_ULONG got;
	CK_RV rv;

	if (key_prepare(key, error) < 0 || call_sign(signer, data, size, signature, &got, &rv, error) < 0)
		return error_result(error);
	while (is_about_mechanism(rv) && (next = next_mechanism(signer)) != NULL) {
		signer->mechanism = next;
		if (call_sign(signer, data, size, signature, &got, &rv, error) < 0)
			return error_result(error);
	}
	if (policy_missed_touch(&key->policy, signer->session->token, rv)) {
		error_set(error, ERROR_TOKEN, "token \"%s\" did not sign: nobody touched it in time",
			  token_label(signer->session->token)); /* no code: another try would wait again */
		error_hint(error, "touch the YubiKey when it blinks; it waits for 15 seconds");
		return -ERROR_TOKEN;
	}
	signer->needs_login = rv == CKR_USER_NOT_LOGGED_IN && !key->has_signed;
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not sign (C_Sign with %s)",
				 token_label(signer->session->token), signer->mechanism->name);
	*length = got;
	if (pad_signature(signer, signature, length, error) < 0)
		return error_result(error);
	if (!atomic_exchange(&key->has_signed, true)) {
		key->mechanism = signer->mechanism;
		if (key->public != NULL)
			p11_key_warn_of_size(key, EVP_PKEY_get_bits(key->public));
	}
	return verify(signer, data, size, signature, *length, error);
}
