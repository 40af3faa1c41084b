/* SPDX-License-Identifier: Apache-2.0 */
/* RS256 by the token: CKM_SHA256_RSA_PKCS, or CKM_RSA_PKCS over a DigestInfo of ours. */
#include "p11/internal.h"

#include "base/message.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
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

/* Modules say in many ways that they lack CKM_SHA256_RSA_PKCS; any error on it is reason to try the other. */
static int sign_begin(struct p11_key *key, struct error *error)
{
	const char *label = token_label(key->session.token);
	CK_RV first = sign_init(key), second;

	if (first == CKR_OK)
		return 0;
	if (key->mechanism == CKM_RSA_PKCS)
		return ckr_error(error, ERROR_TOKEN, first, "token \"%s\" does not sign (C_SignInit with CKM_RSA_PKCS)",
				 label);
	key->mechanism = CKM_RSA_PKCS;
	second = sign_init(key);
	if (second == CKR_OK)
		return 0;
	return error_set(error, ERROR_TOKEN,
			 "token \"%s\" does not sign: C_SignInit gives %s for CKM_SHA256_RSA_PKCS, %s for CKM_RSA_PKCS",
			 label, ckr_text(first), ckr_text(second));
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
	if (key->always_authenticate && session_login_context(&key->session, &key->request, &key->uri, error) < 0)
		return error_result(error);
	*length = P11_SIGNATURE_MAX;
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

/* After a C_Sign that failed: whether the key turns out to want a login for each signature. If so the session is replaced
 * by a fresh one that is logged in: a TPM's module keeps the failed operation active, OpenSC's drops the login. */
static int renew_if_wanted(struct p11_key *key, CK_RV failed, struct error *error)
{
	if (key->always_authenticate || !reads_always_authenticate(key))
		return sign_error(key, failed, error);
	message_step("the key wants a login for each signature (CKA_ALWAYS_AUTHENTICATE)");
	key->always_authenticate = true;
	return session_renew(&key->session, error);
}

/* A signature is as long as the modulus; modules exist that drop leading zeros (RFC 8017 section 8.2.1 wants them), and
 * such that return a length that cannot be. Keys of whole 64 bytes, which is all but exotic ones, need no further call. */
static int pad_signature(struct p11_key *key, unsigned char *signature, size_t *length, struct error *error)
{
	CK_ATTRIBUTE modulus;
	const unsigned char *byte;
	size_t size;

	if (*length > 0 && *length <= P11_SIGNATURE_MAX && *length % 64 == 0)
		return 0;
	if (object_read(&key->session, key->handle, CKA_MODULUS, &modulus, error) < 0)
		return error_result(error);
	byte = modulus.pValue;
	size = modulus.ulValueLen;
	while (size > 0 && *byte == 0) {
		byte++;
		size--;
	}
	free(modulus.pValue);
	if (*length == 0 || *length > size || size > P11_SIGNATURE_MAX)
		return error_set(error, ERROR_TOKEN, "C_Sign of token \"%s\" returned %zu bytes for a key of %zu",
				 token_label(key->session.token), *length, size);
	memmove(signature + (size - *length), signature, *length);
	memset(signature, 0, size - *length);
	*length = size;
	return 0;
}

int p11_key_sign(struct p11_key *key, const void *data, size_t size, unsigned char *signature, size_t *length,
		 struct error *error)
{
	CK_ULONG got;
	CK_RV rv;

	/* A failed C_Sign may cost the login, so it is better to know first. Where several slots were looked at the call is
	 * saved all the same, to keep a cold signature within its number of calls. */
	if (key->tokens.looked_at <= 1 && !key->attributes_read) {
		key->always_authenticate = reads_always_authenticate(key);
		key->attributes_read = true;
	}
	if (sign_once(key, data, size, signature, &got, &rv, error) < 0)
		return error_result(error);
	if (rv != CKR_OK && (renew_if_wanted(key, rv, error) < 0 ||
			     sign_once(key, data, size, signature, &got, &rv, error) < 0))
		return error_result(error);
	if (rv != CKR_OK)
		return sign_error(key, rv, error);
	/* Only an always-authenticate key has further use for the PIN. */
	if (!key->always_authenticate)
		secret_free(&key->session.pin);
	*length = got;
	return pad_signature(key, signature, length, error);
}
