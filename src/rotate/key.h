/* SPDX-License-Identifier: Apache-2.0 */
/* The new key and its certificate. After an interruption, both functions can be called again: they use what exists. */
#ifndef P11BEARER_ROTATE_KEY_H
#define P11BEARER_ROTATE_KEY_H

#include "bearer/bearer.h"

#include <openssl/types.h>

/* Chooses the full URI of a new key beside `old_uri` (full, of the same token): the old label, whose date suffix is
 * replaced by that of `now` ("jwt-key-2026-11-26"), and a random id. Makes no call. The caller frees *uri. */
int rotate_name_key(const char *old_uri, time_t now, char **uri, struct error *error);

/* Chooses a path that does not exist for the new certificate: beside the old one, or beside `config` if `old` is NULL,
 * with the date of `now` in its name. The caller frees *path. */
int rotate_name_certificate(const char *old, const char *config, const char *profile, time_t now, char **path,
			    struct error *error);

/* Makes the key that the full URI names, of the type and size of `like`, unless it exists; checks that one that exists
 * cannot leave the token. Removes the half of a pair that an interrupted run has left. `request` has the token, the PIN
 * and the rules. Fails as p11_key_generate does; if the token makes no keys, the hint says to give one with --new-key.
 */
int rotate_make_key(const struct p11_request *request, const char *uri, EVP_PKEY *like, struct error *error);

/* Makes the key's certificate with subject, days and extended key usages of `old`, unless the file at `path` has one of
 * the key that is valid; writes it (0644, atomic), and stores it on the token unless it is there. A token that takes no
 * certificates is no failure: a note says so. Reads the file back and compares. The caller frees *certificate. */
int rotate_make_certificate(const struct p11_request *request, const char *uri, X509 *old, const char *path,
			    struct recorder *recorder, X509 **certificate, struct error *error);

#endif
