/* SPDX-License-Identifier: Apache-2.0 */
/* How fast a batch may send, judged by how its requests end. If the org asks for it (429, Retry-After), fewer requests run
 * at a time and all pause. If many requests in a row fail for no reason of their own, the brake is on: one request at a
 * time, each after a longer pause, until one succeeds. Pure but for the random part of a pause: times are handed in, in
 * milliseconds as clock_ms has them. */
#ifndef P11BEARER_BEARER_BRAKE_H
#define P11BEARER_BEARER_BRAKE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	BRAKE_AFTER = 32,            /* failures in a row that put the brake on */
	BRAKE_WAIT_MOST = 3600,      /* seconds: the longest pause, even if the org asks for a longer one */
	BRAKE_ROUNDS_A_RETRY = 4,    /* pauses in vain for each of --retries, and as many for the first try */
};

struct brake {
	size_t most, allowed; /* requests at a time: the most, and what the org takes at present */
	long retries;         /* of each line */
	double paused;        /* when the last pause began or was lengthened: requests from before say nothing new */
	double resume;        /* no request begins before */
	long rounds;          /* pauses since the last success */
	long failures;        /* in a row */
	long asked;           /* seconds that the org asked to wait, if more than BRAKE_WAIT_MOST; else 0 */
	bool on;
};

void brake_init(struct brake *brake, size_t most, long retries);

/* How many requests may run at a time, at `now`. */
size_t brake_allows(const struct brake *brake, double now);

/* What a request that began at `began` brought.
 * A success. True: it takes the brake off. */
bool brake_success(struct brake *brake, double began);

/* A refusal of this line alone: the org works. True: it takes the brake off. */
bool brake_refusal(struct brake *brake, double began);

/* A failure that says nothing about the line: no answer, 5xx, or an answer that makes no sense. True: it puts the brake
 * on. */
bool brake_failure(struct brake *brake, double began, double now);

/* The org asks for fewer requests, and for a pause of `retry_after` seconds, or -1. Returns the pause in milliseconds if
 * this is news, else 0. */
unsigned long brake_throttle(struct brake *brake, double began, long retry_after, double now);

/* Whether the pauses were in vain so often, or the org asks for so long a pause, that a run that can end should. */
bool brake_is_spent(const struct brake *brake);

#endif
