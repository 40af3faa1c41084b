/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/turn.h"

enum {
	TRIES_AT_ONCE = 4,
	PAUSE_MS = 250,
};

struct turn turn_begin(size_t accepted)
{
	return (struct turn){ .key = accepted };
}

bool turn_is_refusal(const struct server *server, const struct oauth_answer *answer)
{
	const struct server_advice *advice;

	if (answer->transient || answer->refused)
		return false;
	advice = server_advice(server, answer->code, answer->description);
	return advice != NULL && (advice->cause == SERVER_SIGNATURE || advice->cause == SERVER_ASSERTION);
}

/* The keys sign in the order A, B, B, A, A, B, B, A, …: of two hosts that answer in turn, each gets both keys. */
double turn_next(struct turn *turn, size_t refused, size_t keys, bool slow)
{
	turn->refused[refused] = true;
	turn->tries++;
	if (keys < TURN_KEYS || turn->tries >= (slow ? TURN_KEYS : TURN_TRIES))
		return -1;
	if (turn->tries % 2 == 1)
		turn->key = 1 - turn->key;
	return turn->tries < TRIES_AT_ONCE ? 0 : PAUSE_MS;
}

void turn_explain(const struct turn *turn, struct error *error)
{
	if (turn->refused[0] && turn->refused[1])
		error_append(error, "; --key and --next-key were refused");
}
