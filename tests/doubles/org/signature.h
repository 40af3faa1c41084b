/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of an assertion against the certificate that the app has registered. */
#ifndef ORG_SIGNATURE_H
#define ORG_SIGNATURE_H

#include <openssl/types.h>
#include <time.h>

#include "assertion.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_NO_CERTIFICATE,
	SIGNATURE_CERTIFICATE_EXPIRED,
	SIGNATURE_NOT_RSA,
	SIGNATURE_MISMATCH
};

/* Reads a certificate (PEM; the name may be NULL). NULL when there is none; to be freed. */
X509 *signature_certificate(const char *path);

/* Checks the signature (RSASSA-PKCS1-v1_5, SHA-256) against the certificate (NULL: there is none). */
enum signature_result signature_check(X509 *certificate, const struct assertion *assertion, time_t now);

#endif
