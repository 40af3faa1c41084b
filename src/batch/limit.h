/* SPDX-License-Identifier: Apache-2.0 */
/* Users whom the org has refused because they have logged in too often. Their lines fail at once or, with --rate-wait,
 * are kept until the user may log in again, which one of them finds out: the probe.
 *
 * A user is one at an org (scheme, host and port of the token endpoint), in any case of ASCII letters and by any client
 * id. Memory is bounded: with too many users the one whose time ends first is forgotten, which costs a request, and
 * while too many bytes are kept no line is read. Used by the thread that runs all; times are clock_ms. */
#ifndef P11BEARER_BATCH_LIMIT_H
#define P11BEARER_BATCH_LIMIT_H

#include "batch/internal.h"

#include <sys/queue.h>

struct limits;

/* A line that is kept. To be freed. */
struct kept {
	STAILQ_ENTRY(kept) link;
	unsigned long number; /* of the line */
	bool probe;
	size_t length;
	char text[];
};

/* `request` and `token_url` (or NULL) are the run's and must outlive the limits. Fails when memory is out. */
int limits_open(struct limits **limits, const struct bearer_request *request, const char *token_url, struct error *error);
void limits_close(struct limits **limits);

enum limits_verdict {
	LIMITS_GO,
	LIMITS_FAILED, /* the item has its error */
	LIMITS_KEPT,   /* its line is kept, and the item is free */
};

/* Whether an item may be signed or sent. */
enum limits_verdict limits_admit(struct limits *limits, struct item *item, double now);

/* Learns from an item that has ended, once: LIMITS_GO or LIMITS_KEPT. */
enum limits_verdict limits_learn(struct limits *limits, struct item *item, double now);

/* Takes a line that can go on now; with `all`, any. NULL: there is none. */
struct kept *limits_take(struct limits *limits, double now, bool all);

/* How many lines are kept; whether these are too many. */
size_t limits_count(const struct limits *limits);
bool limits_is_full(const struct limits *limits);

/* Milliseconds until limits_take has one more line; below 0: nothing waits for a time. */
double limits_delay(const struct limits *limits, double now);

#endif
