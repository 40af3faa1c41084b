/* SPDX-License-Identifier: Apache-2.0 */
/* RS256 by the token: CKM_SHA256_RSA_PKCS, or CKM_RSA_PKCS over a DigestInfo made here. */
#include "p11/key.h"

#include "base/message.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { BITS_MIN = 2048 }; /* of an RSA key for RS256: RFC 7518 section 3.3 */

/* RFC 8017 section 9.2, note 1: the DER of DigestInfo for SHA-256, up to the digest. */
static const unsigned char digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

static const char *mechanism_name(CK_MECHANISM_TYPE mechanism)
{
	return mechanism == CKM_RSA_PKCS ? "CKM_RSA_PKCS" : "CKM_SHA256_RSA_PKCS";
}

static CK_RV sign_init(const struct p11_signer *signer)
{
	CK_MECHANISM mechanism = { signer->mechanism, NULL, 0 };

	return CALL(signer->session->token->module, C_SignInit, signer->session->handle, &mechanism,
		    signer->key->handle);
}

/* Modules have many codes for the lack of CKM_SHA256_RSA_PKCS: after any error the other mechanism is tried, unless the
 * error is a loss, which is recovered from first. */
static int sign_begin(struct p11_signer *signer, struct error *error)
{
	const char *label = token_label(signer->session->token);
	CK_RV first = sign_init(signer), second;

	if (first == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" does not sign (C_SignInit with %s)", label,
		  mechanism_name(signer->mechanism));
	if (signer->mechanism == CKM_RSA_PKCS || (is_loss(error) && !signer->recovering))
		return error_result(error);
	signer->mechanism = CKM_RSA_PKCS;
	second = sign_init(signer);
	if (second == CKR_OK)
		return 0;
	signer->mechanism = CKM_SHA256_RSA_PKCS;
	error_set(error, ERROR_TOKEN,
		  "token \"%s\" does not sign: C_SignInit returns %s for CKM_SHA256_RSA_PKCS, %s for CKM_RSA_PKCS",
		  label, ckr_text(first), ckr_text(second));
	error->code = second;
	if (ckr_is_about_device(second))
		error_hint(error, DEVICE_ADVICE);
	return -ERROR_TOKEN;
}

/* Makes the input of C_Sign for the mechanism; `info` has room for the DigestInfo. */
static int sign_input(CK_MECHANISM_TYPE mechanism, const void *data, size_t size, unsigned char *info,
		      const void **input, size_t *length, struct error *error)
{
	*input = data;
	*length = size;
	if (mechanism != CKM_RSA_PKCS)
		return 0;
	memcpy(info, digest_info, sizeof(digest_info));
	if (EVP_Digest(data, size, info + sizeof(digest_info), NULL, EVP_sha256(), NULL) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot compute SHA-256");
	*input = info;
	*length = sizeof(digest_info) + SHA256_DIGEST_LENGTH;
	return 0;
}

/* C_SignInit, the login for this operation if the key needs one, and C_Sign. *rv is what C_Sign returned. */
static int call_sign(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature,
		     CK_ULONG *length, CK_RV *rv, struct error *error)
{
	unsigned char info[sizeof(digest_info) + SHA256_DIGEST_LENGTH];
	struct p11_key *key = signer->key;
	struct token *token = signer->session->token;
	const void *input;
	size_t input_length;

	if (sign_begin(signer, error) < 0 ||
	    sign_input(signer->mechanism, data, size, info, &input, &input_length, error) < 0)
		return error_result(error);
	if (key->always_authenticate && session_login_context(signer->session, &key->request, key->uri, error) < 0)
		return error_result(error);
	if (token_is_there(token, error) < 0) /* another thread may have noticed in the meantime that it is gone */
		return error_result(error);
	*length = SIGNATURE_MAX;
	*rv = CALL(token->module, C_Sign, signer->session->handle, (CK_BYTE_PTR)input, input_length, signature, length);
	return 0;
}

static bool reads_always_authenticate(const struct p11_key *key)
{
	static const CK_ATTRIBUTE_TYPE type = CKA_ALWAYS_AUTHENTICATE;
	struct error ignored;
	int value;

	/* An error counts as "no": some modules fail for an attribute that they do not know. */
	(void)object_flags(&key->session, key->handle, &type, &value, 1, &ignored);
	return value == 1;
}

/* Reads what a signature needs to know of the key. A C_Sign that fails for lack of a login may cost the login, and a
 * signature is verified before it leaves. */
static int prepare(struct p11_key *key, struct error *error)
{
	EVP_PKEY *public = NULL;

	if (key->prepared)
		return 0;
	if (object_signing(&key->session, key->handle, &key->always_authenticate, &public, error) < 0) {
		if (template_ends_search(error))
			return error_result(error);
		/* Some modules fail like this for an attribute that they do not know. */
		key->always_authenticate = reads_always_authenticate(key);
	}
	if (key->public == NULL)
		key->public = public;
	else
		EVP_PKEY_free(public); /* p11_key_public has read it before */
	if (key->public == NULL && object_public(&key->session, key->handle, &key->public, error) < 0) {
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
	if (prepare(key, error) < 0 && !is_loss(error)) /* p11_signer_sign recovers what is lost */
		return error_result(error);
	return key->always_authenticate ? session_pin(&key->session, &key->request, key->uri, error) : 0;
}

/* What some tokens return for a mechanism from C_Sign only. */
static bool is_about_mechanism(CK_RV rv)
{
	return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_FUNCTION_NOT_SUPPORTED;
}

void p11_key_warn_of_size(const struct p11_key *key, int bits)
{
	if (bits < BITS_MIN)
		message_warn("the key on token \"%s\" has %d bits; servers that follow RFC 7518 require %d or more",
			     token_label(key->session.token), bits, (int)BITS_MIN);
}

/* A signature that is wrong by a fault of the token can reveal an RSA key: it must not leave. */
static int verify(const struct p11_signer *signer, const void *data, size_t size, unsigned char *signature,
		  size_t length, struct error *error)
{
	EVP_PKEY *public = signer->public != NULL ? signer->public : signer->key->public;

	if (public == NULL || p11_signature_fits(public, data, size, signature, length))
		return 0;
	OPENSSL_cleanse(signature, length);
	return error_set(error, ERROR_TOKEN,
			 "the signature of token \"%s\" is wrong: the key's public half does not verify it; it was "
			 "discarded",
			 token_label(signer->session->token));
}

int sign_once(struct p11_signer *signer, const void *data, size_t size, unsigned char *signature, size_t *length,
	      struct error *error)
{
	struct p11_key *key = signer->key;
	CK_ULONG got;
	CK_RV rv;

	if (prepare(key, error) < 0 || call_sign(signer, data, size, signature, &got, &rv, error) < 0)
		return error_result(error);
	if (is_about_mechanism(rv) && signer->mechanism != CKM_RSA_PKCS) {
		signer->mechanism = CKM_RSA_PKCS;
		if (call_sign(signer, data, size, signature, &got, &rv, error) < 0)
			return error_result(error);
	}
	signer->needs_login = rv == CKR_USER_NOT_LOGGED_IN && !key->has_signed;
	if (rv != CKR_OK)
		return ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not sign (C_Sign with %s)",
				 token_label(signer->session->token), mechanism_name(signer->mechanism));
	*length = got;
	if (pad_signature(signer, signature, length, error) < 0)
		return error_result(error);
	if (!key->has_signed && key->public != NULL)
		p11_key_warn_of_size(key, EVP_PKEY_get_bits(key->public));
	if (!key->has_signed) /* a thread that signs beside others must not write it */
		key->has_signed = true;
	return verify(signer, data, size, signature, *length, error);
}
