/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to destroy: the private key, and how it is destroyed. */
#ifndef P11BEARER_P11_DESTROY_INTERNAL_H
#define P11BEARER_P11_DESTROY_INTERNAL_H

#include "p11/destroy.h"

#include "p11/key.h"

/* Fails with ERROR_USAGE if the URI does not name serial, id and, `with_label`, object. */
int destroy_check_uri(const struct uri *uri, bool with_label, struct error *error);

/* A template for objects of a class with the URI's id and, as its third attribute, label, or the id again if the URI
 * has no label. Returns its attributes. */
struct template {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE attributes[3];
};
CK_ATTRIBUTE *template_fill(struct template *template, const struct uri *uri, CK_OBJECT_CLASS class);

/* Finds the private key of any type with the URI's label and id; *count is 0 if no key has them. Fails with
 * ERROR_NO_KEY if several have, and with ERROR_TOKEN. */
int destroy_find_private(struct p11_key *key, size_t *count, struct error *error);

/* The same, after a login: of the security officer on a YubiKey, of the user on other tokens. Fails also as the login
 * does. */
int destroy_find_key(struct p11_key *key, size_t *count, struct error *error);

/* Overwrites the private key in the slot of a YubiKey, then deletes the slot's certificate (destroy-slot.c). Fails with
 * ERROR_TOKEN. */
int destroy_overwrite(struct p11_plan *plan, struct error *error);

#endif
