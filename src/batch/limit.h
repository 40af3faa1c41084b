/* SPDX-License-Identifier: Apache-2.0 */
/* Users whom the org has refused because they have logged in too often, and the lines that are for them: these fail at
 * once, or are kept until the user may log in again. A user is one at an org (scheme, host and port of the token
 * endpoint), in any case of ASCII letters and by any client id. Memory is bounded: the user whose time is over first is
 * forgotten when there are too many, and no further line is read while too many bytes are kept. Used by the thread that
 * runs all; times are clock_ms. */
#ifndef P11BEARER_BATCH_LIMIT_H
#define P11BEARER_BATCH_LIMIT_H

#include "batch/internal.h"

struct limits;

/* A line that is kept. To be freed. */
struct kept {
	struct kept *next;
	unsigned long number; /* of the line */
	bool probe;           /* the one that finds out whether its user may log in again */
	unsigned char user_key[USER_KEY_SIZE];
	size_t length;
	char text[];
};

/* `request` is the run's, `token_url` too (or NULL). Fails when memory is out. */
int limits_open(struct limits **limits, const struct bearer_request *request, const char *token_url, struct error *error);
void limits_close(struct limits **limits);

enum limits_verdict { LIMITS_GO, LIMITS_FAILED, LIMITS_KEPT };

/* Whether an item may be signed or sent. If its user may not log in now, it has failed and has its error, or its line is
 * kept, and the item is free. */
enum limits_verdict limits_admit(struct limits *limits, struct item *item, double now);

/* Learns from an item that has ended, once. LIMITS_KEPT: the line is kept, and the item is free; else LIMITS_GO. */
enum limits_verdict limits_learn(struct limits *limits, struct item *item, double now);

/* Whether there are more users than at the last call: items that are waiting may be theirs. */
bool limits_has_news(struct limits *limits);

/* (sift.c) Learns from the items in `done`, then looks for those of users who may not log in now among the ones that wait
 * to be signed or sent. An item whose line is kept goes to `free`, one that has failed to `done`. */
void limits_apply(struct limits *limits, struct workers *workers, struct sender *sender, struct queue *free,
		  struct queue *done);

/* (sift.c) Makes the item one that is nobody's. */
void item_free(struct item *item, struct queue *free);

/* Takes a line that is to be worked on now; NULL: there is none. With `all` any that is kept. */
struct kept *limits_take(struct limits *limits, double now, bool all);

/* How many lines are kept; whether these are too many. */
size_t limits_count(const struct limits *limits);
bool limits_is_full(const struct limits *limits);

/* How long until limits_take has a line that it has not now, in milliseconds; below 0: nothing waits for a time. */
double limits_delay(const struct limits *limits, double now);

#endif
