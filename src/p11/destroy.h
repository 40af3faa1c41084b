/* SPDX-License-Identifier: Apache-2.0 */
/* Destroying a key with all that belongs to it on its token: its public key objects and certificates. */
#ifndef P11BEARER_P11_DESTROY_H
#define P11BEARER_P11_DESTROY_H

#include "p11/p11.h"

enum p11_class { P11_PRIVATE_KEY, P11_PUBLIC_KEY, P11_CERTIFICATE };

/* An object that has the key's id. */
struct p11_object {
	enum p11_class class;
	unsigned long handle;
	char label[256];   /* cleaned; empty: it has none */
	char type[104];    /* of a key: "RSA 2048", "EC P-256", or the CKK number; empty: it cannot be read */
	X509 *certificate; /* of a certificate; NULL: it cannot be read */
	bool stays;        /* its public key is not the key's, or the token does not show it */
	bool left;         /* although the private key was destroyed */
};

/* What would be destroyed: the private key first, then public keys, then certificates. */
struct p11_plan {
	struct p11_key *key;
	char *uri; /* of the key, in full if it can be read */
	const char *slot; /* of a YubiKey, such as "9a": the private key is overwritten by another one, which stays;
			   * NULL: another token. Static */
	struct p11_object *objects;
	size_t count;
};

/* Finds the private key with the URI's label and id, and what belongs to it: public key objects and certificates with
 * the same id and public half. If an earlier run was interrupted and the private key is gone, finds what is left of it.
 * Changes nothing on the token. `writable` opens a session that can destroy. On a YubiKey, the security officer logs in
 * instead of the user. Free the plan with p11_plan_free, also after a failure. Fails with ERROR_USAGE if the URI does
 * not name serial, id and, unless the token is a YubiKey, object; with ERROR_NO_KEY if several keys match or nothing
 * does; and as p11_key_open does. */
int p11_plan_make(struct p11_plan *plan, const struct p11_request *request, bool writable, struct error *error);
void p11_plan_free(struct p11_plan *plan);

/* Destroys all but what stays. If the token refuses to destroy the private key, nothing else is tried; a run that ends
 * later can be repeated. If the token wants its security officer for it, logs the user out and the officer in. Fails
 * with ERROR_TOKEN, and marks what is left; and with ERROR_PIN if the officer's PIN is needed and not given. */
int p11_plan_carry_out(struct p11_plan *plan, struct error *error);

#endif
