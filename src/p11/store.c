/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of a key on its token. */
#include "p11/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

enum {
	CERTIFICATES_MOST = 256, /* on a token that are read */
	WITH_ID_MOST = 16,
};

/* PKCS#11 2.40 section 4.6.3: subject, issuer and serial number are DER too. Label and id are omitted if the key has
 * none. */
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

/* The certificates on the token with this id, or all of them if `id` is NULL. */
static int find_certificates(const struct session *session, const CK_ATTRIBUTE *id,
			     CK_OBJECT_HANDLE found[CERTIFICATES_MOST], size_t *count, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE template[2] = { { CKA_CLASS, &class, sizeof(class) } };

	if (id != NULL)
		template[1] = *id;
	return objects_match(session, template, id != NULL ? 2 : 1, found,
			     id != NULL ? WITH_ID_MOST : CERTIFICATES_MOST, count, error);
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

static bool is_valid_now(const X509 *certificate)
{
	return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
	       X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static bool is_better(const X509 *one, const X509 *other)
{
	int begins;

	if (other == NULL || is_self_issued(one) != is_self_issued(other))
		return other == NULL || is_self_issued(one);
	if (is_valid_now(one) != is_valid_now(other))
		return is_valid_now(one);
	begins = ASN1_TIME_compare(X509_get0_notBefore(one), X509_get0_notBefore(other));
	return begins > 0 || (begins == 0 && ASN1_TIME_compare(X509_get0_notAfter(one), X509_get0_notAfter(other)) > 0);
}

/* Counts in *fitting the certificates with this id, or of all, that have the public key. *chosen, which may be NULL, is
 * replaced by a better one. */
static int choose(const struct session *session, const CK_ATTRIBUTE *id, EVP_PKEY *public, X509 **chosen,
		  size_t *fitting, struct error *error)
{
	CK_OBJECT_HANDLE found[CERTIFICATES_MOST];
	size_t count;
	int result = find_certificates(session, id, found, &count, error);

	*fitting = 0;
	for (size_t i = 0; result == 0 && i < count; i++) {
		X509 *certificate;
		bool fits;

		result = read_certificate(session, found[i], &certificate, error);
		fits = certificate != NULL && EVP_PKEY_eq(X509_get0_pubkey(certificate), public) == 1;
		*fitting += fits ? 1 : 0;
		if (fits && is_better(certificate, *chosen)) {
			X509_free(*chosen);
			*chosen = certificate;
		} else {
			X509_free(certificate);
		}
	}
	ERR_clear_error();
	return result;
}

/* A key may have no id, and other tools give certificates another one: what makes a certificate the key's is the public
 * key in it. Those with the key's id come first, because a token may hold many certificates. */
int object_certificate(const struct session *session, CK_OBJECT_HANDLE private, EVP_PKEY *public, X509 **certificate,
		       struct error *error)
{
	CK_ATTRIBUTE id = { .pValue = NULL };
	size_t fitting;
	int result = 0;

	*certificate = NULL;
	if (private != CK_INVALID_HANDLE)
		result = object_read(session, private, CKA_ID, &id, error);
	if (result == 0 && id.ulValueLen > 0)
		result = choose(session, &id, public, certificate, &fitting, error);
	if (result == 0 && (*certificate == NULL || !is_valid_now(*certificate)))
		result = choose(session, NULL, public, certificate, &fitting, error);
	free(id.pValue);
	if (result < 0) {
		X509_free(*certificate);
		*certificate = NULL;
	}
	return result;
}

int p11_key_certificate(struct p11_key *key, X509 **certificate, struct error *error)
{
	EVP_PKEY *public = NULL;
	int result = p11_key_public(key, &public, error);

	*certificate = NULL;
	if (result == 0)
		result = object_certificate(&key->ring->session, key->handle, public, certificate, error);
	EVP_PKEY_free(public);
	if (result == 0 && *certificate == NULL) {
		result = error_set(error, ERROR_NO_KEY, "token \"%s\" holds no certificate of the key %s",
				   token_label(key->ring->session.token), uri_shown(key->uri));
		error_hint(error, "make one and put it there with \"p11bearer cert --key URI --subject /CN=NAME "
				  "--store\", or give the certificate's file with --certificate");
	}
	return result;
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
		return find_certificates(&key->ring->session, id, found, others, error);
	if (p11_key_public(key, &public, error) < 0)
		return error_result(error);
	result = choose(&key->ring->session, NULL, public, &chosen, others, error);
	X509_free(chosen);
	EVP_PKEY_free(public);
	return result;
}

int p11_key_check_store(struct p11_key *key, bool replace, struct error *error)
{
	(void)key;
	(void)replace;
	(void)error;
	return 0;
}

int p11_key_store(struct p11_key *key, X509 *certificate, bool replace, size_t *others, struct error *error)
{
	CK_ATTRIBUTE label = { .pValue = NULL }, id = { .pValue = NULL };
	int result;
	CK_RV rv;

	(void)replace;
	*others = 0;
	result = object_read(&key->ring->session, key->handle, CKA_LABEL, &label, error);
	if (result == 0)
		result = object_read(&key->ring->session, key->handle, CKA_ID, &id, error);
	if (result == 0)
		result = count_others(key, &id, others, error);
	if (result == 0) {
		rv = create(&key->ring->session, label, id, certificate);
		if (rv != CKR_OK) {
			result = ckr_error(error, ERROR_TOKEN, rv,
					   "cannot put the certificate on token \"%s\" (C_CreateObject)",
					   token_label(key->ring->session.token));
			error_hint(error, OWN_TOOL);
		}
	}
	free(label.pValue);
	free(id.pValue);
	return result;
}
