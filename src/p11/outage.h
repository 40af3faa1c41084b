/* SPDX-License-Identifier: Apache-2.0 */
/* How long a token may be away, and when it is tried again. An outage lasts from the first loss until the token signs, or
 * answers that it does not. One that took a restart of the module leaves a debt, as long as the outage was, which the token
 * pays off by the time for which it then works: one that comes and goes is given up once it was away for longer than
 * --module-wait in all. Each wait is as long as the outage so far, so they double. Pure: times are handed in, in milliseconds
 * as clock_ms has them. */
#ifndef P11BEARER_P11_OUTAGE_H
#define P11BEARER_P11_OUTAGE_H

#include <stdatomic.h>
#include <stdbool.h>

struct outage {
	double limit;      /* how long the token may be away; 0: it is tried once, at once */
	double debt;       /* of earlier outages, when the last one ended or the present one began */
	double since;      /* the present outage began, or the last one ended */
	atomic_bool on;    /* read by all threads; the rest belongs to the one that recovers the token */
	bool tried;        /* so that a wait precedes the next try */
	bool restarted;    /* the module was */
	bool told;         /* the user knows of it */
};

/* The token is lost. Goes on with the present outage if there is one. */
void outage_begin(struct outage *outage, double now);

/* For how much longer the token may be away; 0 or less: no longer. */
double outage_left(const struct outage *outage, double now);

/* How long to wait before the next try, which is then made. */
double outage_wait(struct outage *outage, double now);

/* The token has signed, or answered that it does not. Returns whether this ends an outage that the user knows of; if so,
 * *length is how long it was, in milliseconds. Several threads may call it at once. */
bool outage_end(struct outage *outage, double now, double *length);

#endif
