/* SPDX-License-Identifier: Apache-2.0 */
/* Users that have logged in too often. With --rate-wait, their lines are kept until one of them, the probe, shows that
 * the user may log in again; otherwise the lines fail without a request.
 *
 * A user is identified by its server (scheme, host and port of the token endpoint) and its name, ignoring ASCII case;
 * the client id does not matter. Memory is bounded: beyond a number of users, the one whose limit ends first is
 * forgotten, which costs a request; while the kept lines exceed a size, no line is read. Only the main thread uses
 * this. Times are clock_ms. */
#ifndef P11BEARER_BATCH_LIMIT_H
#define P11BEARER_BATCH_LIMIT_H

#include "batch/internal.h"

#include <sys/queue.h>

struct limits;

/* A kept line. The caller frees it. */
struct kept {
	STAILQ_ENTRY(kept) link;
	unsigned long number; /* of the line */
	bool probe;
	size_t length;
	char text[];
};

/* `request` is the run's and must outlive the limits. Fails with ERROR_UNEXPECTED if memory is exhausted. */
int limits_open(struct limits **limits, const struct bearer_request *request, struct error *error);
void limits_close(struct limits **limits);

enum limits_verdict {
	LIMITS_GO,
	LIMITS_FAILED, /* the item's error is set */
	LIMITS_KEPT,   /* the line is kept, and the item is free */
};

/* Whether an item may be signed or sent. */
enum limits_verdict limits_admit(struct limits *limits, struct item *item, double now);

/* Records how an item ended. Call it once per item. Returns LIMITS_GO or LIMITS_KEPT. */
enum limits_verdict limits_learn(struct limits *limits, struct item *item, double now);

/* Takes a line that may continue now, or any line if `all` is true. Returns NULL if no line qualifies. */
struct kept *limits_take(struct limits *limits, double now, bool all);

/* The number of kept lines, and whether they have reached the size limit. */
size_t limits_count(const struct limits *limits);
bool limits_is_full(const struct limits *limits);

/* The milliseconds until limits_take returns another line; negative if no line waits for a time. */
double limits_delay(const struct limits *limits, double now);

#endif
