/* SPDX-License-Identifier: Apache-2.0 */
/* Attestations: what a token shows to prove that it has generated a key. */
#ifndef P11BEARER_P11_ATTESTATION_H
#define P11BEARER_P11_ATTESTATION_H

#include "p11/p11.h"

/* A certificate that a token has made to prove that it generated a key, and the one that proves it in turn. On a
 * YubiKey, the key in slot f9 signs it. */
struct p11_attestation {
	X509 *certificate; /* of the key */
	X509 *device;      /* of the key that signed it; NULL: the token does not show it */
	EVP_PKEY *public;  /* the key's public half: that of `certificate` and of all else with the key's id */
	char serial[P11_SERIAL_SIZE]; /* the token's serial number, as the module shows it */
	char *uri;         /* of the key; NULL: unknown */
};

/* Decides whether an attestation proves that the key was generated on its token; fails with ERROR_NO_KEY if not. Called
 * between C_* calls, once for each key and process. */
struct p11_attester {
	int (*prove)(void *context, const struct p11_attestation *attestation, struct error *error);
	void *context;
};

/* Reads the attestation of the key that the URI names. Logs in only if the token hides what is needed, or with
 * `login`: then the key also signs a random text, and the signature must fit the attestation. Does not decide whether
 * the attestation proves anything, and ignores request.attester. Always call p11_attestation_clear. Fails with
 * ERROR_NO_KEY if there is no key, no attestation (as of an imported key), or one of another key; and as p11_key_open
 * does. */
int p11_attestation_read(const struct p11_request *request, bool login, struct p11_attestation *attestation,
			 struct error *error);
void p11_attestation_clear(struct p11_attestation *attestation);

#endif
