/* SPDX-License-Identifier: Apache-2.0 */
/* How long a token may be away, and when to retry. An outage lasts from the first loss until the token signs, or
 * answers that it does not. After an outage that took a restart of the module, its length is a debt, which the token
 * pays off by working for as long: a token that comes and goes is given up once it was away for longer than
 * --module-wait in total. Each wait is as long as the outage so far, so waits double. Callers pass the time, in
 * milliseconds by clock_ms. */
#ifndef P11BEARER_P11_OUTAGE_H
#define P11BEARER_P11_OUTAGE_H

#include <stdatomic.h>
#include <stdbool.h>

struct outage {
	double limit;      /* how long the token may be away; 0: one try, at once */
	double debt;       /* from earlier outages, when the last one ended or the present one began */
	double since;      /* when the present outage began, or the last one ended */
	atomic_bool on;    /* read by all threads; the rest belongs to the one that recovers */
	bool tried;        /* the next try must wait */
	bool restarted;    /* the module was restarted */
	bool told;         /* a message said so */
};

/* The token is lost. Continues the present outage if there is one. */
void outage_begin(struct outage *outage, double now);

/* For how much longer the token may be away; 0 or less: no longer. */
double outage_left(const struct outage *outage, double now);

/* How long to wait before the next try, which the caller then makes. */
double outage_wait(struct outage *outage, double now);

/* The token has signed, or answered that it does not. Returns whether this ends an outage that a message reported; if
 * so, *length is how long it was, in milliseconds. Several threads may call it at once. */
bool outage_end(struct outage *outage, double now, double *length);

#endif
