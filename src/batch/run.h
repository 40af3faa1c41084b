/* SPDX-License-Identifier: Apache-2.0 */
/* The run, as the main thread sees it: run.c, open.c, take.c and await.c. */
#ifndef P11BEARER_BATCH_RUN_H
#define P11BEARER_BATCH_RUN_H

#include "batch/done.h"
#include "batch/limit.h"

enum { OUTPUT_MAX = 32768 }; /* bytes of output to buffer while there is other work, or the reader is slow */

struct run {
	const struct bearer_request *request;
	const struct batch_options *options;
	bool sends;              /* assertions are exchanged */
	struct input input;
	struct done earlier;     /* with options->done: the refs that the earlier output has answered */
	bool hungry;             /* there is room for a line, but no input */
	bool ahead;              /* the last line had a ref: lines are read even if they must wait, in `held` */
	struct queue held;       /* items that wait until the workers and the sender have room */
	struct workers *workers;
	struct sender sender;
	bool asked;              /* a worker looks for the certificate of the key that a refused item was signed with */
	struct queue asking;     /* other refused items that need one: they wait for the result */
	struct limits *limits;   /* NULL without exchange */
	struct item *items;
	size_t count;
	struct queue free, done; /* unused items; items that have ended */
	struct item **in_turn;   /* with ordered output: items that ended before their turn, by number % count */
	struct item blank;       /* marks a skipped line in `in_turn` */
	unsigned long written;   /* with ordered output: number of the last line written */
	struct secret *output;
	struct report report;
	struct error stop;       /* why the run ends; ERROR_NONE: it continues */
	int signal;
};

/* (open.c) Opens everything a run needs, the key last. Fails as signer_open and http_pool_open do. Always close the
 * run. */
int run_open(struct run *run, struct error *error);
void run_close(struct run *run);

/* (await.c) Waits for input, room for output, an assertion, an answer, a signal or a timeout, and reads the input.
 * Fails if stdin cannot be read. */
int run_await(struct run *run, struct error *error);

/* (take.c) Whether the output buffer is full, so that no work should start. */
bool run_is_stuck(const struct run *run);

/* (take.c) Assigns a free item to the line with this number; frees an item. */
void run_item_new(struct item *item, unsigned long number);
void run_item_free(struct run *run, struct item *item);

/* (take.c) Learns from the items in `done` which users may log in, and removes those whose lines must wait. */
void run_learn(struct run *run);

/* (take.c) Take signed items from the workers; advance requests and start more; take lines and start their items. */
void run_take_signed(struct run *run);
void run_exchange(struct run *run);
void run_take_lines(struct run *run);

/* (take.c) Ends the items that wait for a certificate: `item`, which brings the result, and those in `asking`, unless
 * they need that of the other key. */
void run_explain(struct run *run, struct item *item);

#endif
