/* SPDX-License-Identifier: Apache-2.0 */
#include "base/certificate.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether it has the extension with the firmware's version, which is in every attestation (Yubico, "PIV
 * attestation"). */
static bool has_firmware(const X509 *certificate)
{
	ASN1_OBJECT *firmware = OBJ_txt2obj("1.3.6.1.4.1.41482.3.3", 1);
	bool has = firmware != NULL && X509_get_ext_by_OBJ(certificate, firmware, -1) >= 0;

	ASN1_OBJECT_free(firmware);
	return has;
}

static bool is_placeholder(X509 *certificate)
{
	EVP_PKEY *public = X509_get0_pubkey(certificate);

	return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0 &&
	       public != NULL && X509_verify(certificate, public) != 1;
}

enum certificate_kind certificate_kind(X509 *certificate)
{
	enum certificate_kind kind = CERTIFICATE_USABLE;

	if (has_firmware(certificate))
		kind = CERTIFICATE_ATTESTATION;
	else if (is_placeholder(certificate))
		kind = CERTIFICATE_PLACEHOLDER;
	ERR_clear_error();
	return kind;
}

const char *certificate_kind_name(enum certificate_kind kind)
{
	return kind == CERTIFICATE_ATTESTATION ? "an attestation" :
	       kind == CERTIFICATE_PLACEHOLDER ? "a placeholder" : NULL;
}
