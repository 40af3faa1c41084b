/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys that are open on one token share: the session, the login, and all that can be lost with them. */
#ifndef P11BEARER_P11_RING_H
#define P11BEARER_P11_RING_H

#include "p11/gate.h"
#include "p11/outage.h"
#include "p11/session.h"

/* Except for the gate and atomic members, written only while no other thread signs: before the first signature and
 * during a recovery. */
struct ring {
	struct p11_request request; /* its URI names the token and the first key */
	struct modules modules;
	struct tokens tokens;
	struct session session;     /* also the first signer's; has the login */
	bool restarted;             /* the module was */
	struct outage outage;
	struct gate *gate;          /* around all calls of signers */
	struct p11_key *keys;       /* in the order in which they were opened */
	struct p11_signer *signers; /* the last one first */
	bool tls;                   /* a key on the token is used for TLS */
};

/* Creates a ring without keys. Returns NULL if memory is exhausted. */
struct ring *ring_new(void);

/* Wipes the PIN; the session ends with the modules. */
void ring_free(struct ring **ring);

/* Fails if the token is gone or a login failed. Makes no call. */
int ring_is_usable(const struct ring *ring, struct error *error);

/* If the token is gone or a login failed, no key signs any more: keeps the reason, unless there is one. */
void ring_note_gone(const struct ring *ring, const struct error *why);

/* The token has signed, or answered that it does not: ends an outage, with a message if there was one that the token is
 * away. Several threads may call it at once. */
void ring_answers(struct ring *ring);

/* Re-establishes session, login and token after `lost`, and finds the keys again, for a thread that is inside of the
 * gate alone (gate_enter_alone). First opens another session; if that does not help, restarts the module. Retries for
 * up to request.module_wait seconds, with a message that the token is away. One key that is found is enough; the others
 * are then missing. Opens the gate, also if it fails: then all keys are gone. Fails with ERROR_TOKEN or ERROR_PIN, and
 * with ERROR_UNEXPECTED if the wait is abandoned, or after a signal. */
int ring_recover_alone(struct ring *ring, const struct error *lost, struct error *error);

#endif
