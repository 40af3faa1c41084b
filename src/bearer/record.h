/* SPDX-License-Identifier: Apache-2.0 */
/* Records what a key does in the audit. */
#ifndef P11BEARER_BEARER_RECORD_H
#define P11BEARER_BEARER_RECORD_H

#include "audit/audit.h"
#include "jwt/jwt.h"
#include "p11/p11.h"

struct recorder;

/* `command` and `profile` (NULL: none) are the same for all records; they and the strings of `options` must outlive the
 * recorder. *recorder is NULL if the audit is off. Fails as audit_open does. The caller closes *recorder, also on
 * failure, but after all keys that it observes. */
int recorder_open(struct recorder **recorder, const struct audit_options *options, const char *command,
		  const char *profile, struct error *error);
void recorder_close(struct recorder **recorder);

/* For the request of a key; NULL if `recorder` is. Owned by the recorder. */
const struct p11_observer *recorder_observer(const struct recorder *recorder);

/* Records a signature of p11_signer_sign. `public` is used if the signer does not know the key's public half; it and
 * `claims` may be NULL. `began` is the clock_ms before the signature, `result` how it ended, with `error` if it is
 * negative. Returns `result`; but if the signature was made and cannot be recorded although it must, fails as
 * audit_write does: the signature must then not be used. Does nothing if `recorder` is NULL. Thread-safe. */
int record_signature(const struct recorder *recorder, const struct p11_signer *signer, EVP_PKEY *public,
		     const struct jwt_params *claims, double began, int result, struct error *error);

#endif
