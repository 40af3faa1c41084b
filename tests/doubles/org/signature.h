/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of an assertion against the certificate that the app has registered. */
#ifndef ORG_SIGNATURE_H
#define ORG_SIGNATURE_H

#include <openssl/types.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "assertion.h"

enum signature_result {
	SIGNATURE_GOOD,
	SIGNATURE_NO_CERTIFICATE,
	SIGNATURE_CERTIFICATE_EXPIRED,
	SIGNATURE_CERTIFICATE_TOO_NEW,
	SIGNATURE_OTHER_KEY,
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

/* Whether signatures by this algorithm (header alg) can be checked: the nine of RFC 7518 that sign. */
bool signature_knows(const char *algorithm);

/* Checks the signature by an algorithm that is known with the public key. */
enum signature_result signature_verify(EVP_PKEY *key, const struct assertion *assertion, const char *algorithm);

/* Checks the signature by an algorithm that is known against the certificate, which may be NULL. */
enum signature_result signature_check(X509 *certificate, const struct assertion *assertion, const char *algorithm,
	time_t now);

#endif
