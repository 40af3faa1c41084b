/* SPDX-License-Identifier: Apache-2.0 */
/* RS256 by the token: CKM_SHA256_RSA_PKCS, or CKM_RSA_PKCS over a DigestInfo of ours. */
#include "p11/key.h"

#include "base/clock.h"
#include "base/message.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

/* RFC 8017 section 9.2, note 1: the DER of DigestInfo for SHA-256, up to the digest. */
static const unsigned char digest_info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };

static const char *mechanism_name(CK_MECHANISM_TYPE mechanism)
{
	return mechanism == CKM_RSA_PKCS ? "CKM_RSA_PKCS" : "CKM_SHA256_RSA_PKCS";
}

static CK_RV sign_init(struct p11_key *key)
{
	CK_MECHANISM mechanism = { key->mechanism, NULL, 0 };

	return CALL(key->session.token->module, C_SignInit, key->session.handle, &mechanism, key->handle);
}

/* Modules say in many ways that they lack CKM_SHA256_RSA_PKCS; any error on it is reason to try the other, unless it
 * tells that there is nothing to try it on: that is mended first. */
static int sign_begin(struct p11_key *key, struct error *error)
{
	const char *label = token_label(key->session.token);
	CK_RV first = sign_init(key), second;

	if (first == CKR_OK)
		return 0;
	ckr_error(error, ERROR_TOKEN, first, "token \"%s\" does not sign (C_SignInit with %s)", label,
		  mechanism_name(key->mechanism));
	if (key->mechanism == CKM_RSA_PKCS || (is_loss(error) && !key->recovering))
		return error_result(error);
	key->mechanism = CKM_RSA_PKCS;
	second = sign_init(key);
	if (second == CKR_OK)
		return 0;
	key->mechanism = CKM_SHA256_RSA_PKCS;
	error_set(error, ERROR_TOKEN,
		  "token \"%s\" does not sign: C_SignInit gives %s for CKM_SHA256_RSA_PKCS, %s for CKM_RSA_PKCS", label,
		  ckr_text(first), ckr_text(second));
	error->code = second;
	if (ckr_is_about_device(second))
		error_hint(error, DEVICE_ADVICE);
	return -ERROR_TOKEN;
}

/* What goes to C_Sign for the mechanism; `info` has room for the DigestInfo. */
static int sign_input(const struct p11_key *key, const void *data, size_t size, unsigned char *info,
		      const void **input, size_t *length, struct error *error)
{
	*input = data;
	*length = size;
	if (key->mechanism != CKM_RSA_PKCS)
		return 0;
	memcpy(info, digest_info, sizeof(digest_info));
	if (EVP_Digest(data, size, info + sizeof(digest_info), NULL, EVP_sha256(), NULL) <= 0)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot compute SHA-256");
	*input = info;
	*length = sizeof(digest_info) + SHA256_DIGEST_LENGTH;
	return 0;
}

/* C_SignInit, the login for this one operation where the key wants it, and C_Sign. *rv is C_Sign's answer. */
static int sign_once(struct p11_key *key, const void *data, size_t size, unsigned char *signature, CK_ULONG *length,
		     CK_RV *rv, struct error *error)
{
	unsigned char info[sizeof(digest_info) + SHA256_DIGEST_LENGTH];
	const void *input;
	size_t input_length;

	if (sign_begin(key, error) < 0 || sign_input(key, data, size, info, &input, &input_length, error) < 0)
		return error_result(error);
	if (key->always_authenticate && session_login_context(&key->session, &key->request, key->uri, error) < 0)
		return error_result(error);
	if (token_is_there(key->session.token, error) < 0) /* another thread may have seen meanwhile that it is not */
		return error_result(error);
	*length = SIGNATURE_MAX;
	*rv = CALL(key->session.token->module, C_Sign, key->session.handle, (CK_BYTE_PTR)input, input_length, signature,
		   length);
	return 0;
}

static bool reads_always_authenticate(const struct p11_key *key)
{
	static const CK_ATTRIBUTE_TYPE type = CKA_ALWAYS_AUTHENTICATE;
	struct error ignored;
	int value;

	/* An error counts as "no": some modules have nothing else to say of an attribute that they do not know. */
	(void)object_flags(&key->session, key->handle, &type, &value, 1, &ignored);
	return value == 1;
}

static int sign_error(const struct p11_key *key, CK_RV rv, struct error *error)
{
	return ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" did not sign (C_Sign with %s)",
			 token_label(key->session.token), mechanism_name(key->mechanism));
}

/* After a C_Sign that failed: whether the key turns out to want a login for each signature. If so the session is
 * replaced by a fresh one that is logged in: a TPM's module keeps the failed operation active, OpenSC's drops the
 * login. */
static int renew_if_wanted(struct p11_key *key, CK_RV failed, struct error *error)
{
	if (key->always_authenticate || key->prepared || !reads_always_authenticate(key))
		return sign_error(key, failed, error);
	message_step("the key wants a login for each signature (CKA_ALWAYS_AUTHENTICATE)");
	key->always_authenticate = true;
	return session_renew(&key->session, &key->request, error);
}

/* Reads what is to be known before the first signature: a failed C_Sign may cost the login, and a signature is
 * checked before it leaves. A caller that checks signatures itself is spared the call where several slots had to be
 * looked at: SoftHSM always has two, and a cold signature has its number of calls. */
static int prepare(struct p11_key *key, struct error *error)
{
	EVP_PKEY *public = NULL;

	if (key->prepared || (key->request.checks_signatures && !key->must_prepare && key->tokens.looked_at > 1))
		return 0;
	if (object_signing(&key->session, key->handle, &key->always_authenticate, &public, error) < 0) {
		if (template_ends_search(error))
			return error_result(error);
		/* Modules that have nothing else to say of an attribute that they do not know. */
		key->always_authenticate = reads_always_authenticate(key);
	}
	if (key->public == NULL)
		key->public = public; /* which p11_key_public may have read before */
	else
		EVP_PKEY_free(public);
	if (key->public == NULL && object_public(&key->session, key->handle, &key->public, error) < 0) {
		if (template_ends_search(error))
			return error_result(error);
		warn_unchecked(key, error);
	}
	key->prepared = true;
	return 0;
}

int p11_key_prepare(struct p11_key *key, struct error *error)
{
	key->must_prepare = true; /* one call more is nothing to a run of many */
	if (prepare(key, error) < 0 && !is_loss(error)) /* the first signature recovers what is lost */
		return error_result(error);
	return key->always_authenticate ? session_pin(&key->session, &key->request, key->uri, error) : 0;
}

/* What a token may say of a mechanism only when it is to be carried out. */
static bool is_about_mechanism(CK_RV rv)
{
	return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_FUNCTION_NOT_SUPPORTED;
}

static int sign(struct p11_key *key, const void *data, size_t size, unsigned char *signature, size_t *length,
		struct error *error)
{
	CK_ULONG got;
	CK_RV rv;

	if (prepare(key, error) < 0 || sign_once(key, data, size, signature, &got, &rv, error) < 0)
		return error_result(error);
	if (is_about_mechanism(rv) && key->mechanism != CKM_RSA_PKCS) {
		key->mechanism = CKM_RSA_PKCS;
		if (sign_once(key, data, size, signature, &got, &rv, error) < 0)
			return error_result(error);
	}
	key->refused_to_sign = rv == CKR_USER_NOT_LOGGED_IN && !key->has_signed;
	if (rv != CKR_OK && (renew_if_wanted(key, rv, error) < 0 ||
			     sign_once(key, data, size, signature, &got, &rv, error) < 0))
		return error_result(error);
	if (rv != CKR_OK)
		return sign_error(key, rv, error);
	key->has_signed = true;
	*length = got;
	if (pad_signature(key, signature, length, error) < 0)
		return error_result(error);
	warn_of_size(key, *length);
	/* One that is wrong by a fault of the token can give an RSA key away: it must not leave. */
	if (key->public != NULL && !p11_signature_fits(key->public, data, size, signature, *length)) {
		OPENSSL_cleanse(signature, *length);
		return error_set(error, ERROR_TOKEN, "the signature of token \"%s\" is wrong: the key's public half does not "
				 "verify it, and it is not handed out", token_label(key->session.token));
	}
	return 0;
}

/* Some modules have one error for everything, also for a server that they cannot reach. It tells of a loss if they know
 * nothing of session or token any more. */
static void find_loss(struct p11_key *key, struct error *error)
{
	const struct session *session = &key->session;
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO token_info;

	if (error->class != ERROR_TOKEN || !session->open ||
	    (error->code != CKR_GENERAL_ERROR && error->code != CKR_FUNCTION_FAILED && error->code < CKR_VENDOR_DEFINED))
		return;
	if (CALL(session->token->module, C_GetSessionInfo, session->handle, &session_info) != CKR_OK ||
	    CALL(session->token->module, C_GetTokenInfo, session->token->slot, &token_info) != CKR_OK)
		error->code = CKR_DEVICE_ERROR;
}

/* A try in the key's session. One of several that was closed with the others is opened again. */
static int try(struct p11_key *key, const void *data, size_t size, unsigned char *signature, size_t *length,
	       struct error *error)
{
	int result;

	gate_enter(key);
	result = p11_key_is_gone(key, error) ? error_result(error) : session_is_usable(&first_of(key)->session, error);
	if (result == 0) {
		result = session_of_another(key, error);
		key->without_session = result < 0;
	}
	if (result == 0)
		result = sign(key, data, size, signature, length, error);
	if (result < 0) {
		find_loss(key, error);
		gate_note_gone(key, error);
	}
	if (result == 0 || (!is_loss(error) && !p11_key_is_gone(key, NULL)))
		key_answers(first_of(key));
	gate_leave(key);
	return result;
}

/* Whether a signature is tried again that began to fail at `since`, though the key was recovered for it before: it is not
 * for ever if it alone is what the token fails for. */
static bool tries_on(struct p11_key *key, double since)
{
	return clock_ms() - since < first_of(key)->outage.limit;
}

int p11_key_sign(struct p11_key *key, const void *data, size_t size, unsigned char *signature, size_t *length,
		 struct error *error)
{
	struct error lost, second;
	bool mended = false, mended_now;
	int result = try(key, data, size, signature, length, error);
	double since = clock_ms();

	while (result < 0 && is_loss(error) && (!mended || tries_on(key, since))) {
		lost = *error;
		key->recovering = true;
		result = gate_recover(key, &lost, &mended_now, error);
		mended |= mended_now;
		if (result == 0)
			result = try(key, data, size, signature, length, error);
		key->recovering = false;
	}
	if (result == 0 || !mended)
		return result;
	second = *error;
	error_set(error, second.class == ERROR_PIN ? ERROR_PIN : ERROR_TOKEN, "%.1500s; another try: %.1500s", lost.text,
		  second.text);
	error_hint(error, "%s", second.hint);
	error->code = second.code;
	return error_result(error);
}
