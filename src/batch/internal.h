/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the batch room. A line is an item, and an item belongs to one party at a time: to the thread that runs
 * all (run.h), to a queue of the workers or to one of them (workers.c), or to the sender (send.c), which is part of
 * the first. Who has it may touch it; it is handed on by a queue. */
#ifndef P11BEARER_BATCH_INTERNAL_H
#define P11BEARER_BATCH_INTERNAL_H

#include "batch/batch.h"
#include "bearer/assertion.h"
#include "bearer/retry.h"
#include "oauth/exchange.h"

#include <cjson/cJSON.h>
#include <sys/types.h>

/* --- lines (line.c) ---------------------------------------------------------------------------------------------- */

/* What a line asks for: the run's request with the line's values in their place. */
struct line {
	char *text;                /* changed while it is read; values point into it */
	cJSON *json;               /* other values point into this */
	struct jwt_extra *extras;  /* the arrays of claims and header fields, where the line has some of its own */
	struct bearer_request request;
	char *token_url, *aud;     /* NULL: the run's */
	char *raw;                 /* the line as it was read, `length` bytes, where it may have to wait: see limit.h */
	size_t length;
};

/* Reads the line, `length` bytes. Fails with ERROR_CONFIG. To be cleared in either case. */
int line_read(struct line *line, const char *text, size_t length, const struct bearer_request *run,
	      const struct batch_options *options, struct error *error);
void line_clear(struct line *line);

/* --- items ------------------------------------------------------------------------------------------------------- */

struct item {
	struct item *next;     /* in a queue */
	unsigned long number;  /* of the line, from 1 */
	struct line line;
	struct assertion assertion;
	struct secret *output; /* the line that is written for it */
	int result;            /* 0, or a negative class */
	struct error error;
	struct retry retry;
	bool has_failed;       /* one has, for the reason in `error` */
	struct http_clock clock; /* as the org's refusal told */
	bool cut_short;        /* it waited for the token, and the run ended the wait */
	bool asks;             /* it was refused, and a worker is to look for the certificate before it ends */
	X509 *certificate;     /* what the worker has found, or NULL */
	bool limited;          /* the org has refused it because its user has logged in too often */
	long retry_after;      /* seconds that the org asked to wait then, or -1 */
	bool probe;            /* it finds out whether its user may log in again */
	bool renewed;          /* it has waited for a request before, and is the next when it is signed anew */
	double ready_since;    /* clock_ms: its assertion was made */
	double began;          /* clock_ms: the signature, or the request */
	double not_before;     /* clock_ms of the next try */
};

struct queue {
	struct item *first, *last;
	size_t count;
};
void queue_push(struct queue *queue, struct item *item);
struct item *queue_pop(struct queue *queue); /* NULL when it is empty */

/* (output.c) Makes the output of an item that is done: the error's object, the assertion, or the org's answer.
 * Returns 0, or -1 when memory is out. */
int output_error(struct item *item);
int output_assertion(struct item *item);
int output_answer(struct item *item, const struct oauth_answer *answer);

/* --- input (input.c) --------------------------------------------------------------------------------------------- */

enum { LINE_MOST = 65536 }; /* bytes, its end included */

struct input {
	char *buffer;
	size_t begin, end;
	bool ended, skips;    /* the latter: the rest of a line that is too long */
	unsigned long number; /* of the last line that was taken */
	off_t consumed, size; /* bytes; the latter -1: not known */
	int closing;          /* see input_closing */
};

int input_open(struct input *input, struct error *error);
void input_close(struct input *input);

/* Takes the next line from what has been read: *length bytes at *text, which stay until input_fill. *text is NULL for
 * one that is longer than LINE_MOST. A byte-order mark at the start of the input is skipped. False: there is no whole
 * line. */
bool input_take(struct input *input, const char **text, size_t *length);

/* Whether a line holds nothing but blanks. Such a line is counted and skipped. */
bool input_is_blank(const char *text, size_t length);

/* Reads what is there, and sets `ended` at the end. Fails with ERROR_UNEXPECTED. */
int input_fill(struct input *input, struct error *error);

/* Whether somebody can still write to it: a pipe, socket or terminal whose other end is open. */
bool input_is_open(const struct input *input);

/* A descriptor that can be read once nobody can any more; -1 where nobody ever could. */
int input_closing(const struct input *input);

/* --- workers (workers.c) ----------------------------------------------------------------------------------------- */

struct workers;

enum { AHEAD = 8 }; /* items for each worker that wait to be signed */

/* Opens the key. The first worker begins at once; more when the first assertion is made, and only then can it be told
 * how many there can be. `prompt`: each assertion is told of at once, else some at a time. Fails as signer_open
 * does. */
int workers_open(struct workers **workers, const struct bearer_request *request, size_t sessions, bool prompt,
		 struct error *error);
void workers_close(struct workers **workers); /* ends them when they have done what they are at */

/* Whether they have enough to do, so that more would only wait. */
bool workers_are_full(struct workers *workers);

/* Hands over an item to be signed, or one that `asks`; takes back one that was, or whose result tells why not; NULL:
 * there is none. */
void workers_give(struct workers *workers, struct item *item);
struct item *workers_take(struct workers *workers);

/* Takes back one that none has begun; NULL: there is none. */
struct item *workers_take_back(struct workers *workers);

/* A descriptor that can be read when workers_take has something, or soon after, from workers_await on. False: it has
 * something now. */
bool workers_await(struct workers *workers);
int workers_descriptor(const struct workers *workers);
void workers_woken(struct workers *workers);

/* Whether the key is lost, and may come back: until then the workers do nothing. */
bool workers_recover(const struct workers *workers);

/* Nothing more is begun: those who wait for a token that is away end their items, `cut_short`. */
void workers_stop_waiting(struct workers *workers);

/* Whether the key is gone for good, and why. */
bool workers_lost_key(const struct workers *workers, struct error *why);

/* --- the sender (send.c) ----------------------------------------------------------------------------------------- */

struct sender {
	struct http_pool *pool;
	const struct bearer_request *request;
	char *token_url;       /* the run's, or NULL */
	struct brake brake;
	struct error last;     /* the last failure that slowed it down */
	size_t renewing;       /* items that are signed anew, for which there is room at the org */
	struct queue ready, waiting;
	struct oauth_answer answer; /* the last one */
	X509 *certificate;     /* the key's; NULL if unknown */
	bool knows_certificate;
};

int sender_open(struct sender *sender, const struct bearer_request *request, size_t parallel, struct error *error);
void sender_close(struct sender *sender);

/* Notes that the workers are done with an item, well or not; takes one whose assertion is made. */
void sender_signed(struct sender *sender, const struct item *item);
void sender_give(struct sender *sender, struct item *item);

/* Completes the hint of a refusal by what is known of the certificate: takes it over from an item that has asked for
 * it, and keeps it for those that follow. */
void sender_explain(struct sender *sender, struct item *item);

/* Takes the next item whose request may begin; NULL: there is none. */
struct item *sender_next(struct sender *sender);

/* Begins with it. True: it is to be signed first, because its assertion is spent or too old. Otherwise its request is
 * under way, or it has a result below 0. */
bool sender_begin(struct sender *sender, struct item *item);

/* Moves the requests. An item that has ended, well or not, comes back in `done`; one that `asks` goes
 * to the workers first. */
void sender_move(struct sender *sender, struct queue *done);

/* Takes back one that is not under way; NULL: there is none. */
struct item *sender_take_back(struct sender *sender);

/* How long until something is to begin, in milliseconds from `now`; below 0: nothing waits for a time. */
double sender_delay(const struct sender *sender, double now);

/* --- where the run stands (output.c) ----------------------------------------------------------------------------- */

struct report {
	double began, shown; /* clock_ms */
	bool on_terminal;    /* progress can be shown */
	unsigned long done, failed, given_up;
	int worst;           /* the highest class */
};

/* Shows on a terminal where the run stands, now and then. Returns after how many milliseconds to do so again; below 0:
 * never. */
double report_progress(struct report *report, const struct input *input);

#endif
