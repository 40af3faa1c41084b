/* SPDX-License-Identifier: Apache-2.0 */
/* The org's limit on a user's logins. Salesforce allows 3,600 in an hour and then refuses all until the last hour's are
 * fewer, which takes minutes; each try is another login. --rate-wait is how long to wait for the user. Pure but for
 * limit_pause: the caller passes the time, in clock_ms. */
#ifndef P11BEARER_BEARER_LIMIT_H
#define P11BEARER_BEARER_LIMIT_H

#include "oauth/exchange.h"
#include "server/server.h"

enum { LIMIT_HOUR = 3600 }; /* seconds for which a login counts */

/* A wait for a user. All 0 before the first refusal. */
struct limit {
	double end;   /* when it is over */
	long refused; /* how often the user was refused, the first time included */
};

/* Whether the answer refuses a user who has logged in too often. */
bool limit_is_met(const struct server *server, const struct oauth_answer *answer);

/* The org has refused the user (again): milliseconds until the next try; below 0: there is none. The wait is what the org
 * asks for (`retry_after`, seconds or -1), otherwise a minute, doubled each time up to ten minutes, and at most what is
 * left of the `rate_wait` seconds since the first refusal. */
double limit_wait(struct limit *limit, long rate_wait, long retry_after, double now);

/* The same, and waits. The first wait is reported. False: there is no further try; if a signal has ended the wait
 * (process/interrupt.h), error->signal is set. */
bool limit_pause(struct limit *limit, long rate_wait, const struct oauth_answer *answer, struct error *error);

#endif
