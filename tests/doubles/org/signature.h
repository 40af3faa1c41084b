/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of an assertion against the certificate that the app has registered. */
#ifndef ORG_SIGNATURE_H
#define ORG_SIGNATURE_H

#include <openssl/types.h>
#include <sys/stat.h>
#include <time.h>

#include "assertion.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_NO_CERTIFICATE,
	SIGNATURE_CERTIFICATE_EXPIRED,
	SIGNATURE_CERTIFICATE_TOO_NEW,
	SIGNATURE_NOT_RSA,
	SIGNATURE_MISMATCH
};

/* The last certificate read, and its file. */
struct certificate_file {
	X509 *certificate; /* owned, or NULL */
	struct stat file;
};

/*
 * The certificate now in the file (PEM; the name may be NULL), or NULL. Owned by `kept`, which avoids reading an unchanged
 * file again.
 */
X509 *signature_certificate(struct certificate_file *kept, const char *path);

/* Frees what is kept. */
void signature_forget(struct certificate_file *kept);

/* Checks the signature (RSASSA-PKCS1-v1_5, SHA-256) against the certificate, which may be NULL. */
enum signature_result signature_check(X509 *certificate, const struct assertion *assertion, time_t now);

#endif
