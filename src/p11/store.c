/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate objects beside their key. */
#include "p11/internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

/* PKCS#11 2.40 section 4.6.3: subject, issuer and serial number are DER too. */
static CK_RV create(const struct session *session, CK_ATTRIBUTE label, CK_ATTRIBUTE id, X509 *certificate)
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
		CK_ATTRIBUTE template[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			{ CKA_PRIVATE, &no, sizeof(no) },
			{ CKA_SUBJECT, subject, (CK_ULONG)subject_length },
			{ CKA_ISSUER, issuer, (CK_ULONG)issuer_length },
			{ CKA_SERIAL_NUMBER, serial, (CK_ULONG)serial_length },
			{ CKA_VALUE, value, (CK_ULONG)value_length },
			id,
			label,
		};
		CK_ULONG unlabelled = label.ulValueLen == 0 ? 1 : 0;

		rv = CALL(session->token->module, C_CreateObject, session->handle, template,
			  sizeof(template) / sizeof(template[0]) - unlabelled, &object);
	}
	OPENSSL_free(value);
	OPENSSL_free(subject);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	return rv;
}

int p11_key_store(struct p11_key *key, X509 *certificate, size_t *others, struct error *error)
{
	enum { COUNTED_MOST = 16 };
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	CK_OBJECT_HANDLE found[COUNTED_MOST];
	int result;
	CK_RV rv;

	*others = 0;
	result = object_read(&key->session, key->handle, CKA_LABEL, &label, error);
	if (result == 0)
		result = object_read(&key->session, key->handle, CKA_ID, &id, error);
	if (result == 0 && id.ulValueLen > 0) {
		CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, id };

		result = objects_match(&key->session, template, 2, found, COUNTED_MOST, others, error);
	}
	if (result == 0) {
		rv = create(&key->session, label, id, certificate);
		if (rv != CKR_OK) {
			result = ckr_error(error, ERROR_TOKEN, rv,
					   "cannot put the certificate on token \"%s\" (C_CreateObject)",
					   token_label(key->session.token));
			error_hint(error, OWN_TOOL);
		}
	}
	free(label.pValue);
	free(id.pValue);
	return result;
}

static int read_certificate(const struct session *session, CK_OBJECT_HANDLE object, X509 **certificate,
			    struct error *error)
{
	CK_ATTRIBUTE value;
	const unsigned char *der;

	*certificate = NULL;
	if (object_read(session, object, CKA_VALUE, &value, error) < 0)
		return error_result(error);
	der = value.pValue;
	if (der != NULL)
		*certificate = d2i_X509(NULL, &der, (long)value.ulValueLen);
	ERR_clear_error();
	free(value.pValue);
	return 0;
}

static bool is_self_issued(const X509 *certificate)
{
	return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

static bool is_better(const X509 *one, const X509 *other)
{
	bool self_issued = is_self_issued(one);

	if (other == NULL || self_issued != is_self_issued(other))
		return other == NULL || self_issued;
	return ASN1_TIME_compare(X509_get0_notBefore(one), X509_get0_notBefore(other)) > 0;
}

static int choose(struct p11_key *key, const CK_OBJECT_HANDLE *found, size_t count, X509 **chosen, struct error *error)
{
	EVP_PKEY *public;
	int result = p11_key_public(key, &public, error);

	for (size_t i = 0; i < count && result == 0; i++) {
		X509 *certificate;

		result = read_certificate(&key->session, found[i], &certificate, error);
		if (certificate != NULL && EVP_PKEY_eq(X509_get0_pubkey(certificate), public) == 1 &&
		    is_better(certificate, *chosen)) {
			X509_free(*chosen);
			*chosen = certificate;
		} else {
			X509_free(certificate);
		}
	}
	EVP_PKEY_free(public);
	ERR_clear_error();
	return result;
}

int p11_key_certificate(struct p11_key *key, X509 **certificate, struct error *error)
{
	enum { READ_MOST = 16 };
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE id = { .pValue = NULL };
	CK_OBJECT_HANDLE found[READ_MOST];
	size_t count = 0;
	int result;

	*certificate = NULL;
	result = object_read(&key->session, key->handle, CKA_ID, &id, error);
	if (result == 0 && id.ulValueLen > 0) {
		CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, id };

		result = objects_match(&key->session, template, 2, found, READ_MOST, &count, error);
	}
	free(id.pValue);
	if (result == 0 && count > 0)
		result = choose(key, found, count, certificate, error);
	if (result < 0) {
		X509_free(*certificate);
		*certificate = NULL;
	} else if (*certificate == NULL) {
		result = error_set(error, ERROR_NO_KEY, "token \"%s\" holds no certificate of the key %s",
				   token_label(key->session.token), uri_shown(&key->uri));
		error_hint(error, "\"p11bearer cert --key URI --subject /CN=NAME --store\" makes one and puts it there; or give the "
				  "certificate as a file, with --certificate");
	}
	return result;
}
