/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of an assertion against the certificate that the app has registered. */
#ifndef ORG_SIGNATURE_H
#define ORG_SIGNATURE_H

#include <time.h>

#include "assertion.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_NO_CERTIFICATE, /* no file was named, or it holds no certificate */
	SIGNATURE_CERTIFICATE_EXPIRED,
	SIGNATURE_NOT_RSA,
	SIGNATURE_MISMATCH
};

/* Reads the certificate (PEM; the name may be NULL) anew and checks the signature (RSASSA-PKCS1-v1_5, SHA-256). */
enum signature_result signature_check(const char *certificate, const struct assertion *assertion, time_t now);

#endif
