/* SPDX-License-Identifier: Apache-2.0 */
#include "bearer/limit.h"

#include "base/clock.h"
#include "base/message.h"
#include "process/interrupt.h"

#include <stddef.h>

enum {
	FIRST_WAIT_MS = 60000,
	DOUBLED_MOST = 4, /* more would pass LONGEST_WAIT_MS */
};
static const double LONGEST_WAIT_MS = 600000;

bool limit_is_met(const struct server *server, const struct oauth_answer *answer)
{
	const struct server_advice *advice = server_advice(server, answer->code, answer->description);

	return advice != NULL && advice->cause == SERVER_LOGIN_RATE;
}

double limit_wait(struct limit *limit, long rate_wait, long retry_after, double now)
{
	long doubled = limit->refused < DOUBLED_MOST ? limit->refused : DOUBLED_MOST;
	double wait = (double)(FIRST_WAIT_MS << doubled), left;

	if (limit->refused++ == 0)
		limit->end = now + (double)rate_wait * 1e3;
	left = limit->end - now;
	if (retry_after > 0)
		return (double)retry_after * 1e3 <= left ? (double)retry_after * 1e3 : -1;
	if (left < 1)
		return -1;
	if (wait > LONGEST_WAIT_MS)
		wait = LONGEST_WAIT_MS;
	return wait < left ? wait : left;
}

bool limit_pause(struct limit *limit, long rate_wait, const struct oauth_answer *answer, struct error *error)
{
	double wait = limit_wait(limit, rate_wait, answer->retry_after, clock_ms());

	if (wait < 0)
		return false;
	if (limit->refused == 1)
		message_note("%s; trying again in %.0f s, for up to %ld s in all (--rate-wait)", error->text, wait / 1e3,
			     rate_wait);
	else
		message_step("%s; trying again in %.0f s", error->text, wait / 1e3);
	if (interrupt_wait((unsigned long)wait) != 0) {
		error_append(error, "; the wait was interrupted");
		error->signal = interrupt_signal();
		return false;
	}
	return true;
}
