/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/outage.h"

static const double wait_least = 100, wait_most = 5000; /* milliseconds */

void outage_begin(struct outage *outage, double now)
{
	if (!outage->on) {
		outage->debt -= now - outage->since;
		if (outage->debt < 0)
			outage->debt = 0;
		outage->tried = outage->debt > 0; /* the token comes and goes */
		outage->since = now;
		outage->restarted = outage->told = false;
		outage->on = true;
	}
	outage->tried &= outage->limit > 0;
}

static double away(const struct outage *outage, double now)
{
	return outage->debt + now - outage->since;
}

double outage_left(const struct outage *outage, double now)
{
	return outage->limit - away(outage, now);
}

double outage_wait(struct outage *outage, double now)
{
	double wait = away(outage, now), left = outage_left(outage, now);
	bool waits = outage->tried;

	outage->tried = true;
	if (wait < wait_least)
		wait = wait_least;
	if (wait > wait_most)
		wait = wait_most;
	if (wait > left)
		wait = left > 0 ? left : 0;
	return waits ? wait : 0;
}

bool outage_end(struct outage *outage, double now, double *length)
{
	if (!outage->on || !atomic_exchange(&outage->on, false))
		return false;
	*length = now - outage->since;
	if (outage->restarted)
		outage->debt = away(outage, now);
	outage->since = now;
	return outage->told;
}
