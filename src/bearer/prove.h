/* SPDX-License-Identifier: Apache-2.0 */
/* Tests again and again whether the server accepts a key, which stays open. */
#ifndef P11BEARER_BEARER_PROVE_H
#define P11BEARER_BEARER_PROVE_H

#include "bearer/bearer.h"

struct prover;

/* Opens the request's keys. Fails as bearer_assertion does. Close the prover even on failure. What the
 * request points to must outlive it. Requests are not retried. */
int prover_open(struct prover **prover, const struct bearer_request *request, struct error *error);
void prover_close(struct prover **prover);

/* Gets a bearer over a new connection, and drops it. Ends at `end` (clock_ms) at the latest. Fails as bearer_get does;
 * *curable is then true if time may cure it: the server refused the key, or the failure is transient. *pause is the
 * number of seconds that the server asks to wait, or -1. */
int prover_try(struct prover *prover, double end, bool *curable, long *pause, struct error *error);

#endif
