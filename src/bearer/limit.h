/* SPDX-License-Identifier: Apache-2.0 */
/* The org's limit on a user's logins: 3,600 in the last hour with Salesforce, and then none until fewer remain, which
 * takes minutes. Each try is another login. --rate-wait says how long the user may be waited for. Pure but for
 * limit_pause: the caller brings the time, in clock_ms. */
#ifndef P11BEARER_BEARER_LIMIT_H
#define P11BEARER_BEARER_LIMIT_H

#include "oauth/exchange.h"

enum { LIMIT_HOUR = 3600 }; /* seconds: after these the user's logins are forgotten */

/* A user who has met the limit. All 0 before the first refusal. */
struct limit {
	double end;    /* until when to wait at most */
	long refused;  /* so often, one after another */
};

/* Whether the answer is the refusal of a user who has logged in too often. */
bool limit_is_met(const struct oauth_answer *answer);

/* The org has refused the user (again): how long to wait before the next try, in milliseconds; below 0: fail. The wait
 * is what the org asks for (`retry_after`, seconds or -1); else a minute, then twice as long each time up to ten
 * minutes, and no longer than is left of `rate_wait` seconds since the first refusal. */
double limit_wait(struct limit *limit, long rate_wait, long retry_after, double now);

/* The same, and waits: tells the first time how long it may take. False: not any more. Fails, with error->signal, when
 * a signal that base/interrupt.h has ends the wait. */
bool limit_pause(struct limit *limit, long rate_wait, const struct oauth_answer *answer, struct error *error);

#endif
