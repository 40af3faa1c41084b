/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that have a key's public half, but must not be used as the key's certificate. */
#ifndef P11BEARER_BASE_CERTIFICATE_H
#define P11BEARER_BASE_CERTIFICATE_H

#include <openssl/types.h>

enum certificate_kind {
	CERTIFICATE_USABLE,
	CERTIFICATE_PLACEHOLDER, /* issuer and subject are the same, but another key signed it: libykcs11 stores such a
				  * certificate with each key that it makes, and throws the other key away */
	CERTIFICATE_ATTESTATION, /* by which a YubiKey states that it made the key */
};

/* What the certificate is, as far as it shows that itself. */
enum certificate_kind certificate_kind(X509 *certificate);

/* "an attestation", "a placeholder"; NULL for a usable one. Static. */
const char *certificate_kind_name(enum certificate_kind kind);

#endif
