/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates on a token. */
#ifndef P11BEARER_P11_CERTIFICATE_H
#define P11BEARER_P11_CERTIFICATE_H

#include "p11/object.h"

enum {
	CERTIFICATES_MOST = 256, /* on a token that are read */
	CERTIFICATES_WITH_ID_MOST = 16,
};

/* Finds the certificates on the token with this id, or all of them if `id` is NULL. Fails with ERROR_TOKEN. */
int certificates_find(const struct session *session, const CK_ATTRIBUTE *id,
		      CK_OBJECT_HANDLE found[CERTIFICATES_MOST], size_t *count, struct error *error);

/* Whether the certificate is in the token's storage. On a YubiKey, an attestation is not (CKA_TOKEN is false); on other
 * tokens makes no call. */
bool certificate_is_stored(const struct session *session, CK_OBJECT_HANDLE object);

/* Counts in *fitting the certificates with this id, or of all, that are certificates of the public key: attestations
 * and placeholders are not (base/certificate.h). *chosen, which may be NULL, is replaced by a better one. Fails with
 * ERROR_TOKEN. */
int certificates_choose(const struct session *session, const CK_ATTRIBUTE *id, EVP_PKEY *public, X509 **chosen,
			size_t *fitting, struct error *error);

/* Stores the certificate in the slot of a YubiKey that the id names, in place of the one that is there (store.c).
 * Returns what C_CreateObject does. */
CK_RV certificate_put_in_slot(const struct session *session, CK_ATTRIBUTE id, X509 *certificate);

#endif
