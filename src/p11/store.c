/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a key's certificate on its token. */
#include "base/certificate.h"
#include "base/message.h"
#include "base/text.h"
#include "p11/certificate.h"
#include "p11/key.h"
#include "p11/officer.h"
#include "p11/yubikey.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

/* libykcs11 takes what the slot needs, and version 2.2 refuses what it does not know. */
CK_RV certificate_put_in_slot(const struct session *session, CK_ATTRIBUTE id, X509 *certificate)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	unsigned char *value = NULL;
	int length = i2d_X509(certificate, &value);
	CK_OBJECT_HANDLE object;
	CK_RV rv = CKR_HOST_MEMORY;

	if (length > 0) {
		CK_ATTRIBUTE template[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			id,
			{ CKA_VALUE, value, (CK_ULONG)length },
		};

		rv = CALL(session->token->module, C_CreateObject, session->handle, template,
			  sizeof(template) / sizeof(template[0]), &object);
	}
	OPENSSL_free(value);
	return rv;
}

/* PKCS#11 2.40 section 4.6.3: subject, issuer and serial number are DER too. Label and id are omitted if the key has
 * none. */
static CK_RV create_with_names(const struct session *session, CK_ATTRIBUTE label, CK_ATTRIBUTE id, X509 *certificate)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	unsigned char *value = NULL, *subject = NULL, *issuer = NULL, *serial = NULL;
	int value_length = i2d_X509(certificate, &value);
	int subject_length = i2d_X509_NAME(X509_get_subject_name(certificate), &subject);
	int issuer_length = i2d_X509_NAME(X509_get_issuer_name(certificate), &issuer);
	int serial_length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
	CK_OBJECT_HANDLE object;
	CK_RV rv = CKR_HOST_MEMORY;

	if (value_length > 0 && subject_length > 0 && issuer_length > 0 && serial_length > 0) {
		CK_ATTRIBUTE template[10] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			{ CKA_PRIVATE, &no, sizeof(no) },
			{ CKA_SUBJECT, subject, (CK_ULONG)subject_length },
			{ CKA_ISSUER, issuer, (CK_ULONG)issuer_length },
			{ CKA_SERIAL_NUMBER, serial, (CK_ULONG)serial_length },
			{ CKA_VALUE, value, (CK_ULONG)value_length },
		};
		CK_ULONG count = 8;

		if (id.ulValueLen > 0)
			template[count++] = id;
		if (label.ulValueLen > 0)
			template[count++] = label;
		rv = CALL(session->token->module, C_CreateObject, session->handle, template, count, &object);
	}
	OPENSSL_free(value);
	OPENSSL_free(subject);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	return rv;
}

static CK_RV create(const struct session *session, CK_ATTRIBUTE label, CK_ATTRIBUTE id, X509 *certificate)
{
	return yubikey_is(session->token) ? certificate_put_in_slot(session, id, certificate) :
					    create_with_names(session, label, id, certificate);
}

/* How many certificates other programs may take for the key's: those with its id or, if it has none, those with its
 * public key. */
static int count_others(struct p11_key *key, const CK_ATTRIBUTE *id, size_t *others, struct error *error)
{
	CK_OBJECT_HANDLE found[CERTIFICATES_MOST];
	X509 *chosen = NULL;
	EVP_PKEY *public;
	int result;

	if (id->ulValueLen > 0)
		return certificates_find(&key->ring->session, id, found, others, error);
	if (p11_key_public(key, &public, error) < 0)
		return error_result(error);
	result = certificates_choose(&key->ring->session, NULL, public, &chosen, others, error);
	X509_free(chosen);
	EVP_PKEY_free(public);
	return result;
}

/* --- the slot of a YubiKey --------------------------------------------------------------------------------------- */

/* Whether the slot's certificate would be lost: an attestation is not stored, and the placeholder says nothing. */
static int is_occupied_by(const struct session *session, CK_OBJECT_HANDLE object, bool *occupies, char subject[256],
			  struct error *error)
{
	X509 *certificate;

	*occupies = certificate_is_stored(session, object);
	snprintf(subject, 256, "a certificate that cannot be read");
	if (!*occupies)
		return 0;
	if (object_x509(session, object, &certificate, error) < 0)
		return error_result(error);
	if (certificate != NULL) {
		*occupies = certificate_kind(certificate) != CERTIFICATE_PLACEHOLDER;
		X509_NAME_oneline(X509_get_subject_name(certificate), subject, 256);
		text_line(subject);
	}
	X509_free(certificate);
	return 0;
}

/* Fails if the slot holds a certificate, unless it may be replaced; `note` then names it. */
static int check_slot(const struct session *session, const CK_ATTRIBUTE *id, bool replace, bool note,
		      struct error *error)
{
	const char *slot = yubikey_slot(id);
	CK_OBJECT_HANDLE found[CERTIFICATES_MOST];
	char subject[256];
	bool occupies;
	size_t count;

	if (slot != NULL && strcmp(slot, "f9") == 0)
		return error_set(error, ERROR_USAGE, "the certificate in slot f9 of token \"%s\" proves the "
				 "attestations of its keys, and is not replaced", token_label(session->token));
	if (certificates_find(session, id, found, &count, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < count; i++) {
		if (is_occupied_by(session, found[i], &occupies, subject, error) < 0)
			return error_result(error);
		if (occupies && !replace) {
			error_set(error, ERROR_NO_KEY, "slot %s of token \"%s\" already holds a certificate: %s",
				  slot != NULL ? slot : "?", token_label(session->token), subject);
			error_hint(error, "the slot holds one certificate; give --replace to overwrite it");
			return -ERROR_NO_KEY;
		}
		if (occupies && note)
			message_note("replacing the certificate in slot %s: %s", slot != NULL ? slot : "?", subject);
	}
	return 0;
}

/* What can be known before the key signs. Makes no call on tokens other than YubiKeys. */
static int check(struct p11_key *key, const CK_ATTRIBUTE *id, bool replace, struct error *error)
{
	struct session *session = &key->ring->session;

	if (!yubikey_is(session->token)) {
		if (!replace)
			return 0;
		error_set(error, ERROR_USAGE, "--replace is for the slots of a YubiKey, and token \"%s\" is not one",
			  token_label(session->token));
		error_hint(error, "omit --replace: the token can hold several certificates of a key");
		return -ERROR_USAGE;
	}
	if (id != NULL && check_slot(session, id, replace, false, error) < 0)
		return error_result(error);
	/* If both PINs come from one descriptor, the user's is the first line. */
	if (key->ring->request.so_pin_from.type != SOURCE_NONE &&
	    session_pin(session, &key->ring->request, error) < 0)
		return error_result(error);
	return officer_pin(session, &key->ring->request, error);
}

/* The key's id; its value is NULL if it has none. */
static int read_id(const struct p11_key *key, CK_ATTRIBUTE *id, struct error *error)
{
	return object_read(&key->ring->session, key->handle, CKA_ID, id, error);
}

/* Before the login, the id is known only from the URI. */
static int open_to_store(struct p11_key *key, const struct p11_request *request, bool replace, struct error *error)
{
	CK_ATTRIBUTE id = { .pValue = NULL };
	int result = key_begin(key, request, true, error);

	if (result == 0)
		result = check(key, key->uri->has_id ? p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID) : NULL,
			       replace, error);
	if (result == 0)
		result = key_log_in(key, error);
	if (result == 0 && yubikey_is(key->ring->session.token)) {
		result = read_id(key, &id, error);
		if (result == 0)
			result = check(key, &id, replace, error);
	}
	free(id.pValue);
	return result;
}

int p11_key_open_to_store(struct p11_key **key, const struct p11_request *request, bool replace, struct error *error)
{
	int result;

	*key = key_new();
	if (*key == NULL)
		return error_memory(error);
	result = open_to_store(*key, request, replace, error);
	if (result < 0)
		p11_key_close(key);
	return result;
}

/* --- the store --------------------------------------------------------------------------------------------------- */

/* Stores it as whoever may: on a YubiKey only the officer, else the user, or the officer if the token wants that. */
static int store(struct p11_key *key, CK_ATTRIBUTE label, CK_ATTRIBUTE id, X509 *certificate, struct error *error)
{
	struct session *session = &key->ring->session;
	const struct p11_request *request = &key->ring->request;
	bool given = request->so_pin_from.type != SOURCE_NONE, missing;
	CK_RV rv;

	if (officer_is_needed(session->token) && officer_login(session, request, error) < 0)
		return error_result(error);
	rv = create(session, label, id, certificate);
	missing = rv != CKR_OK && officer_is_missing(session, rv);
	if (missing && given) {
		if (officer_login(session, request, error) < 0)
			return error_result(error);
		rv = create(session, label, id, certificate);
	}
	if (rv == CKR_OK)
		return 0;
	ckr_error(error, missing && !given ? ERROR_PIN : ERROR_TOKEN, rv,
		  "cannot put the certificate on token \"%s\" (C_CreateObject)", token_label(session->token));
	if (!ckr_is_about_device(rv) && !officer_is_needed(session->token)) /* else there is a hint, or none helps */
		error_hint(error, OWN_TOOL);
	if (missing)
		officer_hint(request, error);
	return error_result(error);
}

int p11_key_store(struct p11_key *key, X509 *certificate, bool replace, size_t *others, struct error *error)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	bool in_slot = yubikey_is(key->ring->session.token);
	int result;

	*others = 0;
	result = object_read(&key->ring->session, key->handle, CKA_LABEL, &label, error);
	if (result == 0)
		result = read_id(key, &id, error);
	/* It may have changed since p11_key_open_to_store: a touch and sources wait for a person. */
	if (result == 0 && in_slot)
		result = session_look_again(&key->ring->session, error);
	if (result == 0 && in_slot)
		result = check_slot(&key->ring->session, &id, replace, true, error);
	else if (result == 0)
		result = count_others(key, &id, others, error);
	if (result == 0)
		result = store(key, label, id, certificate, error);
	free(label.pValue);
	free(id.pValue);
	return result;
}
