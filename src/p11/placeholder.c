/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a slot gets with an imported key, as it gets one with a key that it makes: libykcs11 2.2 takes a
 * key's public half from it. Without one it crashes, and with that of an earlier key it signs wrongly. The placeholder
 * is signed by a key that is thrown away, so nobody takes it for a real one. */
#include "p11/certificate.h"
#include "p11/new-key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

static X509 *make(const char *slot, EVP_PKEY *public)
{
	char name[] = "YubiKey PIV Slot 9a";
	EVP_PKEY *signer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject = certificate != NULL ? X509_get_subject_name(certificate) : NULL;

	snprintf(name, sizeof(name), "YubiKey PIV Slot %.2s", slot);
	if (signer != NULL && subject != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), 0) != NULL &&
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, public) == 1 &&
	    X509_sign(certificate, signer, EVP_sha256()) > 0) {
		EVP_PKEY_free(signer);
		return certificate;
	}
	EVP_PKEY_free(signer);
	X509_free(certificate);
	return NULL;
}

int placing_store_placeholder(const struct p11_key *key, const struct new_pair *pair, struct error *error)
{
	const struct session *session = &key->ring->session;
	X509 *certificate = make(pair->slot, key->public);
	CK_RV rv;

	if (certificate == NULL)
		return error_openssl(error, ERROR_UNEXPECTED, "cannot make a placeholder for the certificate");
	rv = certificate_put_in_slot(session, pair->names[1], certificate);
	X509_free(certificate);
	return rv == CKR_OK ? 0 : ckr_error(error, ERROR_TOKEN, rv, "token \"%s\" cannot store the placeholder for the "
					    "certificate (C_CreateObject)", token_label(session->token));
}
