/* SPDX-License-Identifier: Apache-2.0 */
/* Limits how fast a batch sends, depending on how its requests end. If the server asks for it (429, Retry-After), all
 * requests pause and fewer run in parallel. If many requests in a row fail for reasons that are not their own, the
 * brake is on: one request at a time, each after a longer pause, until one succeeds. Times are clock_ms and passed in
 * by the caller. */
#ifndef P11BEARER_BEARER_BRAKE_H
#define P11BEARER_BEARER_BRAKE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	BRAKE_AFTER = 32,            /* failures in a row that turn the brake on */
	BRAKE_WAIT_MAX = 3600,      /* seconds: the longest pause, even if the server asks for more */
	BRAKE_ROUNDS_PER_RETRY = 4,  /* futile pauses allowed for the first try and for each of --retries */
};

struct brake {
	size_t most, allowed; /* requests in parallel: the maximum, and what the server currently takes */
	long retries;         /* of each line */
	double paused;        /* when the last pause began or was extended: older requests say nothing new */
	double resume;        /* no request starts earlier */
	long rounds;          /* pauses since the last success */
	long failures;        /* in a row */
	long asked;           /* seconds the server asked to wait, if more than BRAKE_WAIT_MAX; else 0 */
	bool on;
};

void brake_init(struct brake *brake, size_t most, long retries);

/* Returns how many requests may run in parallel. */
size_t brake_allows(const struct brake *brake, double now);

/* The next four report how a request ended that started at `began`. */

/* It succeeded. Returns true if that releases the brake. */
bool brake_success(struct brake *brake, double began);

/* The server refused this line alone, so it works. Returns true if that releases the brake. */
bool brake_refusal(struct brake *brake, double began);

/* It failed in a way that says nothing about the line (RETRY_FAILURE). Returns true if that turns the brake on. */
bool brake_failure(struct brake *brake, double began, double now);

/* The server asked for fewer requests, and for a pause of `retry_after` seconds, or -1. Returns the milliseconds of the
 * pause if it is new, else 0. */
unsigned long brake_throttle(struct brake *brake, double began, long retry_after, double now);

/* Whether the run should end if it can: too many pauses were futile, or the server asks for too long a pause. */
bool brake_is_spent(const struct brake *brake);

#endif
