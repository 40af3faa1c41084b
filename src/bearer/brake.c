/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/brake.h"

#include "bearer/backoff.h"

enum { DOUBLED_MAX = 5 }; /* a pause lasts at most 16 seconds unless the server asks for more */

void brake_init(struct brake *brake, size_t most, long retries)
{
	*brake = (struct brake){ .most = most, .allowed = most, .retries = retries };
}

size_t brake_allows(const struct brake *brake, double now)
{
	if (now < brake->resume)
		return 0;
	return brake->on ? 1 : brake->allowed;
}

static bool release(struct brake *brake, double began, bool success)
{
	bool was_on = brake->on;

	brake->on = false;
	brake->failures = 0;
	if (brake->asked > 0 && began < brake->paused) /* the server may have asked after it answered this request */
		return was_on;
	brake->asked = 0;
	if (was_on || success)
		brake->rounds = 0;
	if (was_on)
		brake->resume = 0;
	return was_on;
}

bool brake_success(struct brake *brake, double began)
{
	brake->allowed += brake->allowed < brake->most ? 1 : 0;
	return release(brake, began, true);
}

bool brake_refusal(struct brake *brake, double began)
{
	return release(brake, began, false);
}

/* Extends the pause if this one ends later. Returns the length of this one. */
static unsigned long pause_for(struct brake *brake, long retry_after, double now)
{
	long doubled = brake->rounds <= DOUBLED_MAX ? brake->rounds - 1 : DOUBLED_MAX;
	unsigned long wait = backoff(retry_after < BRAKE_WAIT_MAX ? retry_after : BRAKE_WAIT_MAX, doubled);

	if (now + (double)wait > brake->resume) {
		brake->resume = now + (double)wait;
		brake->paused = now;
	}
	return wait;
}

static unsigned long begin_pause(struct brake *brake, long retry_after, double now)
{
	brake->rounds++;
	brake->paused = now;
	return pause_for(brake, retry_after, now);
}

bool brake_failure(struct brake *brake, double began, double now)
{
	bool was_on = brake->on;

	brake->failures++;
	brake->on = brake->failures >= BRAKE_AFTER;
	if (brake->on && (!was_on || began >= brake->paused))
		begin_pause(brake, -1, now);
	return brake->on && !was_on;
}

unsigned long brake_throttle(struct brake *brake, double began, long retry_after, double now)
{
	if (retry_after > BRAKE_WAIT_MAX)
		brake->asked = retry_after;
	if (began >= brake->paused) {
		brake->allowed = brake->allowed > 1 ? brake->allowed / 2 : 1;
		return begin_pause(brake, retry_after, now);
	}
	/* It started before the pause, so only a longer wait is new. */
	if (retry_after >= 0)
		pause_for(brake, retry_after, now);
	return 0;
}

bool brake_is_spent(const struct brake *brake)
{
	return brake->asked > 0 || brake->rounds > (brake->retries + 1) * BRAKE_ROUNDS_PER_RETRY;
}
