/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the certificate of a key on its token. */
#include "p11/certificate.h"

#include "base/certificate.h"
#include "p11/key.h"
#include "p11/officer.h"
#include "p11/yubikey.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

int certificates_find(const struct session *session, const CK_ATTRIBUTE *id,
		      CK_OBJECT_HANDLE found[CERTIFICATES_MOST], size_t *count, struct error *error)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE template[2] = { { CKA_CLASS, &class, sizeof(class) } };

	if (id != NULL)
		template[1] = *id;
	return objects_match(session, template, id != NULL ? 2 : 1, found,
			     id != NULL ? CERTIFICATES_WITH_ID_MOST : CERTIFICATES_MOST, count, error);
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

bool certificate_is_stored(const struct session *session, CK_OBJECT_HANDLE object)
{
	static const CK_ATTRIBUTE_TYPE type = CKA_TOKEN;
	struct error ignored;
	int value = -1;

	if (yubikey_is(session->token))
		(void)object_flags(session, object, &type, &value, 1, &ignored);
	return value != 0;
}

/* Whether it is the key's, and not something that the token or its module made. */
static bool fits(const struct session *session, CK_OBJECT_HANDLE object, X509 *certificate, EVP_PKEY *public)
{
	return EVP_PKEY_eq(X509_get0_pubkey(certificate), public) == 1 &&
	       certificate_kind(certificate) == CERTIFICATE_USABLE && certificate_is_stored(session, object);
}

int certificates_choose(const struct session *session, const CK_ATTRIBUTE *id, EVP_PKEY *public, X509 **chosen,
			size_t *fitting, struct error *error)
{
	CK_OBJECT_HANDLE found[CERTIFICATES_MOST];
	size_t count;
	int result = certificates_find(session, id, found, &count, error);

	*fitting = 0;
	for (size_t i = 0; result == 0 && i < count; i++) {
		X509 *certificate;
		bool is_own;

		result = object_x509(session, found[i], &certificate, error);
		is_own = certificate != NULL && fits(session, found[i], certificate, public);
		*fitting += is_own ? 1 : 0;
		if (is_own && is_better(certificate, *chosen)) {
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
		result = certificates_choose(session, &id, public, certificate, &fitting, error);
	if (result == 0 && (*certificate == NULL || !is_valid_now(*certificate)))
		result = certificates_choose(session, NULL, public, certificate, &fitting, error);
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
				  "--store%s\", or give the certificate's file with --certificate",
			   officer_is_needed(key->ring->session.token) ? " --so-pin-from SRC" : "");
	}
	return result;
}
