/* SPDX-License-Identifier: Apache-2.0 */
/* Attestations, and what --require-attested checks. A token shows them as certificates that are not stored on it: they
 * have the id of their key, and CKA_TOKEN is false. */
#include "p11/attestation.h"

#include "base/clock.h"
#include "p11/key.h"
#include "p11/observe.h"
#include "p11/yubikey.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_BYTE device_id[] = { 0x19 }; /* of the key that signs attestations: slot f9 */

void p11_attestation_clear(struct p11_attestation *attestation)
{
	X509_free(attestation->certificate);
	X509_free(attestation->device);
	EVP_PKEY_free(attestation->public);
	free(attestation->uri);
	memset(attestation, 0, sizeof(*attestation));
}

/* --- what the token shows ---------------------------------------------------------------------------------------- */

/* Reads the one certificate that the template matches; *count is how many there are, 2 for more. *certificate is NULL
 * if it cannot be parsed. */
static int read_one(const struct session *session, CK_ATTRIBUTE *template, size_t attributes, X509 **certificate,
		    size_t *count, struct error *error)
{
	CK_OBJECT_HANDLE found[2];

	*certificate = NULL;
	if (objects_match(session, template, attributes, found, 2, count, error) < 0)
		return error_result(error);
	return *count == 1 ? object_x509(session, found[0], certificate, error) : 0;
}

static int read_attestation(const struct session *session, const CK_ATTRIBUTE *id, struct p11_attestation *attestation,
			    size_t *count, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_TOKEN, &no, sizeof(no) }, *id,
	};

	return read_one(session, template, 3, &attestation->certificate, count, error);
}

static int read_device(const struct session *session, struct p11_attestation *attestation, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_ID, device_id, sizeof(device_id) } };
	size_t ignored;

	return read_one(session, template, 2, &attestation->device, &ignored, error);
}

/* Whether all that the token shows with the id has the attested public half; `private` may be CK_INVALID_HANDLE. */
static int compare_halves(const struct session *session, CK_OBJECT_HANDLE private, const CK_ATTRIBUTE *id,
			  EVP_PKEY *attested, bool *same, struct error *error)
{
	CK_OBJECT_CLASS key = CKO_PUBLIC_KEY, certificate = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE keys[] = { { CKA_CLASS, &key, sizeof(key) }, *id };
	CK_ATTRIBUTE certificates[] = {
		{ CKA_CLASS, &certificate, sizeof(certificate) }, *id, { CKA_TOKEN, &yes, sizeof(yes) },
	};
	struct halves halves = { .only = attested };
	EVP_PKEY *own = NULL;
	int result;

	EVP_PKEY_up_ref(attested);
	result = halves_add(session, certificates, 3, &halves, error);
	if (result == 0)
		result = halves_add(session, keys, 2, &halves, error);
	/* An error that is not a loss concerns this object only. */
	if (result == 0 && private != CK_INVALID_HANDLE &&
	    object_half(session, CKO_PRIVATE_KEY, private, &own, error) < 0 && template_ends_search(error))
		result = error_result(error);
	*same = !halves.several && (own == NULL || EVP_PKEY_eq(own, attested) == 1);
	EVP_PKEY_free(own);
	EVP_PKEY_free(halves_take(&halves));
	ERR_clear_error();
	return result;
}

static int refuse_missing(const struct token *token, size_t count, struct error *error)
{
	if (count > 0)
		return error_set(error, ERROR_NO_KEY, "token \"%s\" has several attestations of the key",
				 token_label(token));
	error_set(error, ERROR_NO_KEY, "token \"%s\" has no attestation of the key: the key was imported, or the token "
		  "makes none", token_label(token));
	error_hint(error, "make a key on a token that attests its keys, such as a YubiKey, with \"p11bearer keygen\"");
	return -ERROR_NO_KEY;
}

/* Reads all but the URI. `private` may be CK_INVALID_HANDLE. */
static int read_all(const struct session *session, CK_OBJECT_HANDLE private, const CK_ATTRIBUTE *id,
		    struct p11_attestation *attestation, struct error *error)
{
	const char *label = token_label(session->token);
	size_t count = 0;
	bool same;

	if (id->ulValueLen > 0 && read_attestation(session, id, attestation, &count, error) < 0)
		return error_result(error);
	if (count != 1)
		return refuse_missing(session->token, count, error);
	if (attestation->certificate != NULL)
		attestation->public = X509_get_pubkey(attestation->certificate);
	ERR_clear_error();
	if (attestation->public == NULL)
		return error_set(error, ERROR_NO_KEY, "the attestation of the key on token \"%s\" is not a certificate "
				 "with a public key that OpenSSL knows", label);
	observe_serial(session->token, attestation->serial);
	if (compare_halves(session, private, id, attestation->public, &same, error) < 0)
		return error_result(error);
	if (same)
		return read_device(session, attestation, error);
	error_set(error, ERROR_NO_KEY, "the attestation on token \"%s\" is of another key: its public key is not that "
		  "of the key, or of the certificate or public key with the key's id", label);
	error_hint(error, "if the certificate in the slot belongs to an earlier key, replace it");
	return -ERROR_NO_KEY;
}

static int read_of_private(const struct session *session, CK_OBJECT_HANDLE private,
			   struct p11_attestation *attestation, struct error *error)
{
	CK_ATTRIBUTE id = { .pValue = NULL };
	int result = object_read(session, private, CKA_ID, &id, error);

	if (result == 0)
		result = read_all(session, private, &id, attestation, error);
	free(id.pValue);
	return result;
}

/* --- the requirement --------------------------------------------------------------------------------------------- */

/* Keeps the hint, which may tell how to prove the key. */
static void hint_refusal(struct error *error)
{
	char hint[sizeof(error->hint)];

	snprintf(hint, sizeof(hint), "%.900s%s", error->hint, error->hint[0] != '\0' ? "; " : "");
	error_hint(error, "%snothing was signed; to use the key anyway, omit --require-attested", hint);
}

int require_attested(const struct ring *ring, CK_OBJECT_HANDLE private, bool *attested, EVP_PKEY **public,
		     struct error *error)
{
	const struct p11_attester *attester = ring->request.attester;
	struct p11_attestation attestation = { .certificate = NULL };
	int result;

	*attested = false;
	if (public != NULL)
		*public = NULL;
	if (attester == NULL)
		return 0;
	result = read_of_private(&ring->session, private, &attestation, error);
	if (result == 0)
		result = attester->prove(attester->context, &attestation, error);
	*attested = result == 0;
	if (result == 0 && public != NULL) {
		*public = attestation.public;
		attestation.public = NULL;
	}
	p11_attestation_clear(&attestation);
	if (result == -ERROR_NO_KEY)
		hint_refusal(error);
	return result;
}

int key_require_attested(struct p11_key *key, struct error *error)
{
	EVP_PKEY *public;

	if (require_attested(key->ring, key->handle, &key->attested, &public, error) < 0)
		return error_result(error);
	if (public == NULL)
		return 0;
	EVP_PKEY_free(key->public);
	key->public = public;
	return 0;
}

bool p11_key_is_attested(const struct p11_key *key)
{
	return key->attested;
}

/* --- reading it for a user --------------------------------------------------------------------------------------- */

/* Makes the key sign a random text. The signature is verified with key->public, which is the attested half. */
static int test(struct p11_key *key, const struct p11_attestation *attestation, struct error *error)
{
	unsigned char data[32], signature[SIGNATURE_MAX];
	struct p11_signer *signer;
	struct p11_event event;
	double began;
	size_t length;
	int result;

	EVP_PKEY_up_ref(attestation->public);
	EVP_PKEY_free(key->public);
	key->public = attestation->public;
	if (RAND_bytes(data, sizeof(data)) != 1)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make random numbers");
	if (p11_signer_open(&signer, key, error) < 0)
		return error_result(error);
	began = clock_ms();
	result = p11_signer_sign(signer, data, sizeof(data), signature, &length, error);
	p11_signer_event(signer, &event);
	result = observe(&key->ring->request, key->ring->session.token, event, clock_ms() - began, result, error);
	p11_signer_close(&signer);
	return result;
}

static int read_logged_in(struct p11_key *key, bool sign, struct p11_attestation *attestation, struct error *error)
{
	if (key_log_in(key, error) < 0 ||
	    read_of_private(&key->ring->session, key->handle, attestation, error) < 0 ||
	    p11_key_uri(key, &attestation->uri, error) < 0)
		return error_result(error);
	return sign ? test(key, attestation, error) : 0;
}

/* Whether the token shows, without a login, an attestation with the URI's id or the public half of its key. */
static int is_open(const struct p11_key *key, const CK_ATTRIBUTE *id, bool *open, struct error *error)
{
	struct p11_attestation seen = { .certificate = NULL };
	EVP_PKEY *public = NULL;
	size_t count = 0;
	int result = id != NULL ? read_attestation(&key->ring->session, id, &seen, &count, error) : 0;

	if (id != NULL && result == 0 && count == 0)
		result = key_half(key, &public, error);
	*open = result == 0 && (count > 0 || public != NULL);
	p11_attestation_clear(&seen);
	EVP_PKEY_free(public);
	return result < 0 && error->code != CKR_USER_NOT_LOGGED_IN ? error_result(error) : 0;
}

static int read_openly(struct p11_key *key, const CK_ATTRIBUTE *id, struct p11_attestation *attestation,
		       struct error *error)
{
	CK_ATTRIBUTE copy = *id, label = { CKA_LABEL, NULL, 0 };

	attestation->uri = token_key_uri(key->ring->session.token, &label, &copy);
	return read_all(&key->ring->session, CK_INVALID_HANDLE, id, attestation, error);
}

int p11_attestation_read(const struct p11_request *request, bool login, struct p11_attestation *attestation,
			 struct error *error)
{
	struct p11_key *key = key_new();
	struct p11_request own = *request;
	const CK_ATTRIBUTE *id = NULL;
	bool open = false;
	int result;

	memset(attestation, 0, sizeof(*attestation));
	if (key == NULL)
		return error_memory(error);
	own.attester = NULL;
	own.alg = ALG_AUTO; /* the configured one may be another key's */
	result = key_begin(key, &own, false, error);
	if (result == 0)
		id = p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID);
	if (result == 0 && !login)
		result = is_open(key, id, &open, error);
	/* A YubiKey shows a certificate or public key of each of its keys. */
	if (result == 0 && !login && !open && id != NULL && yubikey_is(key->ring->session.token))
		result = key_is_missing(key, error);
	else if (result == 0)
		result = open ? read_openly(key, id, attestation, error) :
				read_logged_in(key, login, attestation, error);
	p11_key_close(&key);
	return result;
}
