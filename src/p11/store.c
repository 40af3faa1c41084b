/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate object beside its key. */
#include "p11/internal.h"

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
		if (rv != CKR_OK)
			result = ckr_error(error, ERROR_TOKEN, rv,
					   "cannot put the certificate on token \"%s\" (C_CreateObject)",
					   token_label(key->session.token));
	}
	free(label.pValue);
	free(id.pValue);
	return result;
}
