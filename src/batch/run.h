/* SPDX-License-Identifier: Apache-2.0 */
/* A run of the batch, which one thread leads: its parts are run.c, open.c, take.c and await.c. */
#ifndef P11BEARER_BATCH_RUN_H
#define P11BEARER_BATCH_RUN_H

#include "batch/limit.h"

enum { OUTPUT_MOST = 32768 }; /* bytes that are kept back while there is more to do, or the reader rests */

struct run {
	const struct bearer_request *request;
	const struct batch_options *options;
	struct input input;
	bool hungry;             /* there was room for a line, and none was there */
	struct workers *workers;
	struct sender sender;
	bool asked;              /* a worker has a refused item, and looks for the certificate */
	struct queue asking;     /* items that were refused meanwhile, and wait for the same */
	struct limits *limits;   /* NULL: nothing is exchanged */
	struct item *items;
	size_t count;
	struct queue free, done; /* items that are nobody's; that have ended */
	struct item **in_turn;   /* ended before their turn, by number % count, where the output is in order */
	struct item blank;       /* marks a skipped line in `in_turn` */
	unsigned long written;   /* number of the last line that was written, where it is */
	struct secret *output;
	struct report report;
	struct error stop;       /* why no further line is taken; class ERROR_NONE: it goes on */
	int signal;
};

/* (open.c) Opens all that a run needs, the key last. Fails as signer_open and http_pool_open do; to be closed in either
 * case. */
int run_open(struct run *run, struct error *error);
void run_close(struct run *run);

/* (await.c) Waits for whatever comes first: a line, which is read, an assertion, an answer, a signal, or a time. Fails
 * when stdin cannot be read. */
int run_await(struct run *run, struct error *error);

/* (take.c) The reader of the output rests: nothing is begun that would only be kept. */
bool run_is_stuck(const struct run *run);

/* (take.c) Makes a free item that of the line with this number; makes an item free. */
void run_item_new(struct item *item, unsigned long number);
void run_item_free(struct run *run, struct item *item);

/* (take.c) Learns from the items in `done` which users may log in. The line of one may have to wait: it leaves. */
void run_learn(struct run *run);

/* (take.c) Takes what the workers have signed; moves the requests and begins more; takes lines and begins with them. */
void run_take_signed(struct run *run);
void run_exchange(struct run *run);
void run_take_lines(struct run *run);

/* (take.c) Ends those that wait for the certificate, `item` first, which has what a worker has found. */
void run_explain(struct run *run, struct item *item);

#endif
