/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two keys signs while one replaces the other: some hosts of the server already know the new one, others only
 * the old one. */
#ifndef P11BEARER_BEARER_TURN_H
#define P11BEARER_BEARER_TURN_H

#include "oauth/answer.h"
#include "server/server.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	TURN_KEYS = 2,
	/* How many assertions of one request may be refused. If each meets one of two hosts by chance, and every host
	 * accepts one key, all 16 are refused in 1 of 65,536 requests. */
	TURN_TRIES = 16,
};

/* The turns of one request. */
struct turn {
	size_t key; /* the one that signs next */
	int tries;  /* assertions refused so far */
	bool refused[TURN_KEYS]; /* which keys signed them */
};

/* Begins with the key that was accepted last. */
struct turn turn_begin(size_t accepted);

/* Whether the answer refuses the key, so that the other one may be accepted: the signature does not match, or the
 * server does not say what is wrong with the assertion. */
bool turn_is_refusal(const struct server *server, const struct oauth_answer *answer);

/* An assertion by the key number `refused` was refused. Returns the milliseconds to wait before the next one, which
 * turn->key then signs, or a negative number if no key signs any more. `slow`: each signature may need a touch, so each
 * key gets one try. */
double turn_next(struct turn *turn, size_t refused, size_t keys, bool slow);

/* Adds to the error of the last refusal that both keys were refused, if they were. */
void turn_explain(const struct turn *turn, struct error *error);

#endif
