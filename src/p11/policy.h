/* SPDX-License-Identifier: Apache-2.0 */
/* What a key on a YubiKey wants before each signature: the PIN, or a touch. */
#ifndef P11BEARER_P11_POLICY_H
#define P11BEARER_P11_POLICY_H

#include "p11/session.h"

struct policy {
	bool pin_always;     /* the PIN before each signature, even if CKA_ALWAYS_AUTHENTICATE says otherwise */
	unsigned char touch; /* as CKA_YUBICO_TOUCH_POLICY has it; 0: unknown */
};

/* Reads the policies of a private key, in one call; on other tokens makes none. What the module does not tell is
 * unknown. Fails with ERROR_TOKEN as template_ends_search describes. */
int policy_read(const struct session *session, CK_OBJECT_HANDLE private, struct policy *policy, struct error *error);

/* To be called just before C_Sign. On a terminal, says when to touch the YubiKey: at once if the key always wants a
 * touch; only if C_Sign takes long, if a touch may have been cached. */
void policy_ask(const struct policy *policy);

/* Whether this thread's last call, C_Sign, returned `rv` because nobody touched the YubiKey in time. */
bool policy_missed_touch(const struct policy *policy, const struct token *token, CK_RV rv);

#endif
