/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of limit*.c: the users who have met the limit. */
#ifndef P11BEARER_BATCH_LIMIT_USERS_H
#define P11BEARER_BATCH_LIMIT_USERS_H

#include "batch/limit.h"
#include "bearer/limit.h"

#include <sys/queue.h>

enum user_state { BLOCKED, WAITING, PROBING, STATES };

struct user {
	TAILQ_ENTRY(user) link; /* in the list of its state; WAITING and BLOCKED are in the order of `until` */
	unsigned char key[USER_KEY_SIZE];
	enum user_state state;
	double until;           /* of BLOCKED and WAITING */
	struct limit limit;
	unsigned long number;   /* of the line that met it first */
	long retry_after;       /* what the org asked for last, or -1 */
	struct kept *first, *last;
};
TAILQ_HEAD(users, user);

struct limits {
	const struct bearer_request *request;
	char *origin;         /* of the run's token endpoint, or NULL */
	void *tree;           /* of all users, by key: tsearch(3) */
	size_t users;
	struct users lists[STATES];
	struct kept *first, *last; /* lines that are to go on: their user may log in again, or they are to fail */
	size_t count, bytes;  /* of all lines that are kept */
	bool news;
};

/* The user of the item, NULL: the user may log in, or memory is out. One whose time is over is forgotten. */
struct user *user_find(struct limits *limits, struct item *item, double now);

/* A user who has just met the limit, PROBING; NULL: memory is out. */
struct user *user_add(struct limits *limits, struct item *item);

/* Puts the user into another state, until this time. */
void user_move(struct limits *limits, struct user *user, enum user_state state, double until);

/* The user's lines are to go on. */
void user_release(struct limits *limits, struct user *user);

/* The same, and the user is freed. */
void user_forget(struct limits *limits, struct user *user);

#endif
