/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the key of a TLS identity, and chooses the mechanisms that its signatures need. */
#include "p11/tls-internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MOST = 10 }; /* keys that an error lists */

static int search(struct p11_tls *tls, struct error *error)
{
	const struct session *session = &tls->ring->session;
	const char *type = tls->type == CKK_RSA ? "RSA" : "EC", *label = token_label(session->token);
	CK_OBJECT_HANDLE found[NAMED_MOST + 1];
	size_t count;

	if (objects_find(session, tls->uri, CKO_PRIVATE_KEY, tls->type, found, NAMED_MOST + 1, &count, error) < 0)
		return error_result(error);
	if (count == 1) {
		tls->handle = found[0];
		return 0;
	}
	if (count == 0) {
		error_set(error, ERROR_NO_KEY, "no private %s key on token \"%s\" matches the TLS key's URI %s", type,
			  label, uri_shown(tls->uri));
		error_hint(error, "the TLS certificate has an %s key: give the URI of its private key with --tls-key",
			   type);
		return -ERROR_NO_KEY;
	}
	error_set(error, ERROR_NO_KEY, "more than one %s key on token \"%s\" matches the TLS key's URI %s:", type,
		  label, uri_shown(tls->uri));
	object_name_all(session, found, count, error);
	error_hint(error, "give the full URI of one of them with --tls-key");
	return -ERROR_NO_KEY;
}

static int read_attributes(struct p11_tls *tls, struct error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_ALWAYS_AUTHENTICATE, CKA_SIGN, CKA_DECRYPT };
	const struct session *session = &tls->ring->session;
	int flags[3];

	free(tls->label.pValue);
	free(tls->id.pValue);
	tls->label.pValue = tls->id.pValue = NULL;
	if (object_read(session, tls->handle, CKA_LABEL, &tls->label, error) < 0 ||
	    object_read(session, tls->handle, CKA_ID, &tls->id, error) < 0)
		return error_result(error);
	/* What cannot be read is unknown. */
	if (object_flags(session, tls->handle, types, flags, 3, error) < 0 && template_ends_search(error))
		return error_result(error);
	tls->always_authenticate = flags[0] == 1;
	tls->decrypts = flags[2] != 0;
	if (flags[1] != 0)
		return 0;
	error_set(error, ERROR_NO_KEY, "the TLS key on token \"%s\" must not sign (CKA_SIGN is false)",
		  token_label(session->token));
	error_hint(error, "give another key with --tls-key, and its certificate with --tls-certificate");
	return -ERROR_NO_KEY;
}

#ifndef HAVE_PKCS11_ENUMERATE_KEYS_EXT
/* Whether the token has a public key object with the certificate's modulus. */
static int find_public(const struct p11_tls *tls, bool *found, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	unsigned char modulus[SIGNATURE_MAX];
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_MODULUS, modulus, 0 } };
	CK_OBJECT_HANDLE object;
	BIGNUM *n = NULL;
	size_t count;

	*found = true;
	if (EVP_PKEY_get_bn_param(X509_get0_pubkey(tls->certificate), OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    (size_t)BN_num_bytes(n) <= sizeof(modulus))
		template[1].ulValueLen = (CK_ULONG)BN_bn2bin(n, modulus);
	BN_free(n);
	if (template[1].ulValueLen == 0)
		return 0;
	if (objects_match(&tls->ring->session, template, 2, &object, 1, &count, error) < 0)
		return error_result(error);
	*found = count > 0;
	return 0;
}

/* libp11 0.4.12 crashes if it finds the public exponent neither with the key nor in a public key object. */
static int check_exponent(const struct p11_tls *tls, struct error *error)
{
	const struct session *session = &tls->ring->session;
	CK_ATTRIBUTE exponent;
	bool found;

	if (object_read(session, tls->handle, CKA_PUBLIC_EXPONENT, &exponent, error) < 0)
		return error_result(error);
	found = exponent.ulValueLen > 0;
	free(exponent.pValue);
	if (!found && find_public(tls, &found, error) < 0)
		return error_result(error);
	if (found)
		return 0;
	error_set(error, ERROR_NO_KEY, "libp11 cannot use the TLS key on token \"%s\": neither the key nor a public "
		  "key object shows the public exponent", token_label(session->token));
	error_hint(error, "put the key's public key object on the token, or use an EC key, or libp11 0.4.13 or later");
	return -ERROR_NO_KEY;
}
#endif

/* Whether the token denies that it signs with the mechanism. Some modules fail for every mechanism, some return zeros:
 * they deny nothing. */
static bool denies(const struct token *token, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM_INFO info = { .flags = 0 };
	CK_RV rv = CALL(token->module, C_GetMechanismInfo, token->slot, type, &info);

	return rv == CKR_MECHANISM_INVALID || (rv == CKR_OK && info.flags != 0 && (info.flags & CKF_SIGN) == 0);
}

static int lacks(const struct token *token, const char *mechanisms, const char *advice, struct error *error)
{
	error_set(error, ERROR_NO_KEY, "token \"%s\" cannot sign in a TLS handshake with this key: it lacks %s",
		  token_label(token), mechanisms);
	error_hint(error, "%s", advice);
	return -ERROR_NO_KEY;
}

/* tpm2-pkcs11 offers these mechanisms for every RSA key, but makes them by TPM2_RSA_Decrypt, which a key for signatures
 * only does not allow. */
static bool is_tpm_module(const struct module *module)
{
	static const char maker[] = "tpm2-software";
	CK_INFO info = { .flags = 0 };

	return CALL(module, C_GetInfo, &info) == CKR_OK &&
	       memcmp(info.manufacturerID, maker, sizeof(maker) - 1) == 0;
}

/* OpenSSL makes the padding of RSASSA-PSS and signs with CKM_RSA_X_509, or libp11 signs with CKM_RSA_PKCS_PSS; TLS 1.3
 * allows no other RSA signature. CKM_RSA_PKCS makes the RSASSA-PKCS1-v1_5 signatures of TLS 1.2. */
static int choose_rsa(struct p11_tls *tls, struct error *error)
{
	const struct token *token = tls->ring->session.token;
	bool raw = !denies(token, CKM_RSA_X_509), pkcs1;

	if (raw && !tls->decrypts && is_tpm_module(token->module))
		return lacks(token, "TPM2_RSA_Decrypt for a key that may sign but not decrypt",
			     "use an EC key (keygen --type ec), or an RSA key that may also decrypt", error);
	tls->by_pss = !raw && !denies(token, CKM_RSA_PKCS_PSS);
	pkcs1 = !denies(token, CKM_RSA_PKCS);
	tls->tls12 = !raw && !tls->by_pss;
	if (tls->tls12 && !pkcs1)
		return lacks(token, "CKM_RSA_X_509, CKM_RSA_PKCS_PSS and CKM_RSA_PKCS", "use an EC key", error);
	if (tls->tls12)
		tls->sigalgs = "RSA+SHA256:RSA+SHA384:RSA+SHA512";
	else if (!pkcs1)
		tls->sigalgs = "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512";
	return 0;
}

/* Every signature is verified with the certificate, so it must be that of the attested key. */
static int compare(const struct p11_tls *tls, EVP_PKEY *attested, struct error *error)
{
	bool same = EVP_PKEY_eq(attested, X509_get0_pubkey(tls->certificate)) == 1;

	ERR_clear_error();
	if (same)
		return 0;
	error_set(error, ERROR_CONFIG, "the TLS certificate is not the certificate of the attested key on token \"%s\"",
		  token_label(tls->ring->session.token));
	error_hint(error, "give the key's own certificate with --tls-certificate, or the certificate's key with "
			  "--tls-key");
	return -ERROR_CONFIG;
}

/* Checks what the request requires of the TLS key. The signing key was checked when it was opened. */
static int check_key(struct p11_tls *tls, struct error *error)
{
	const char *option = "--require-nonextractable";
	EVP_PKEY *public = NULL;
	int result;

	if (tls->uri == NULL) {
		tls->attested = tls->key->attested;
		return tls->attested ? compare(tls, tls->key->public, error) : 0;
	}
	result = require_nonextractable(tls->ring, tls->handle, error);
	if (result == 0 && !tls->attested) { /* also after a recovery, the certificate is that of the attested key */
		option = "--require-attested";
		result = require_attested(tls->ring, tls->handle, &tls->attested, &public, error);
	}
	if (result == 0 && public != NULL)
		result = compare(tls, public, error);
	EVP_PKEY_free(public);
	if (result == -ERROR_NO_KEY) /* the assertion was signed, by another key */
		error_hint(error, "this is the TLS key, %s; give another with --tls-key, or omit %s",
			   uri_shown(tls->uri), option);
	return result;
}

int tls_key_find(struct p11_tls *tls, struct error *error)
{
	const struct token *token = tls->ring->session.token;

	tls->type = EVP_PKEY_is_a(X509_get0_pubkey(tls->certificate), "RSA") ? CKK_RSA : CKK_EC;
	tls->by_pss = tls->tls12 = false;
	tls->sigalgs = NULL;
	tls->handle = tls->key->handle;
	if ((tls->uri != NULL ? search(tls, error) : key_is_there(tls->key, error)) < 0)
		return error_result(error);
	if (check_key(tls, error) < 0)
		return error_result(error);
	if (read_attributes(tls, error) < 0)
		return error_result(error);
#ifndef HAVE_PKCS11_ENUMERATE_KEYS_EXT
	if (tls->type == CKK_RSA && check_exponent(tls, error) < 0)
		return error_result(error);
#endif
	if (tls->type == CKK_RSA)
		return choose_rsa(tls, error);
	return denies(token, CKM_ECDSA) ? lacks(token, "CKM_ECDSA", "use an RSA key", error) : 0;
}
