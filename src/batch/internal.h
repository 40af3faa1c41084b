/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to batch. Each line becomes an item. An item has one owner at a time, and only the owner may access it: the
 * main thread (run.h), which also runs the sender (send.c), or a worker or the workers' queues (workers.c). */
#ifndef P11BEARER_BATCH_INTERNAL_H
#define P11BEARER_BATCH_INTERNAL_H

#include "batch/accepted.h"
#include "batch/batch.h"
#include "bearer/assertion.h"
#include "bearer/retry.h"
#include "oauth/exchange.h"

#include <cjson/cJSON.h>
#include <sys/types.h>

/* --- lines (line.c) ---------------------------------------------------------------------------------------------- */

/* A parsed line. `request` is the run's request, in which the line's values replace the run's. */
struct line {
	char *text;                /* compact JSON; ref, claims and header fields point into it */
	cJSON *json;               /* other values and all names point into it */
	const char *ref;           /* JSON, for the answer to repeat; NULL: none */
	struct jwt_extra *extras;  /* the run's and the line's claims and header fields; NULL: the run's */
	struct bearer_request request;
	struct http_url *endpoint; /* NULL: the run's */
	char *raw;                 /* the original line, `length` bytes; NULL without --rate-wait */
	size_t length;
};

/* Parses a line of `length` bytes. Fails with ERROR_CONFIG, but sets `ref` even then if the line is JSON and has a
 * valid one. Always clear the line. */
int line_read(struct line *line, const char *text, size_t length, const struct bearer_request *run,
	      const struct batch_options *options, struct error *error);
void line_clear(struct line *line);

/* Whether a member's value, which is written as `text`, may be a ref: a string or an integer. */
bool line_is_ref(const cJSON *value, const char *text);

/* (line-check.c) Fails with ERROR_CONFIG if neither the line nor the run sets a value that the row requires, or one
 * that the assertion or, if it `sends`, the exchange needs; and if a claim jti is beside the program's own. */
int line_check(const struct bearer_request *request, bool sends, struct error *error);

/* (line-check.c) Whoever logs in: the user, or the client if the line names no user or its name is computed. */
const char *line_user(const struct line *line);

/* --- items ------------------------------------------------------------------------------------------------------- */

enum { CODE_SIZE = 64 }; /* a longer error code counts as none */

struct item {
	struct item *next;     /* in a queue */
	unsigned long number;  /* of the line, from 1 */
	struct line line;
	struct assertion assertion;
	struct secret *output; /* the line to write */
	int result;            /* 0, or a negative class */
	struct error error;
	struct retry retry;
	struct turn turn;      /* which key signs */
	bool has_failed;       /* an earlier try failed, for the reason in `error` */
	struct http_clock clock; /* the org's, from its refusal */
	bool cut_short;        /* the run ended while the item waited for the token */
	bool asks;             /* it was refused; a worker looks for the key's certificate before it ends */
	X509 *certificate;     /* found by the worker, or NULL */
	bool limited;          /* the org refused it because its user logged in too often */
	char code[CODE_SIZE];  /* the org's error code, or empty; this and the next one count for ERROR_ORG only */
	long retry_after;      /* seconds that the org asked to wait or that the user's lines will fail, or -1 */
	bool probe;            /* it tests whether its user may log in again */
	bool renewed;          /* it is being signed again, and is sent before other items */
	double ready_since;    /* clock_ms when the sender got its assertion */
	double began;          /* clock_ms when signing or the request began */
	double not_before;     /* clock_ms when the next try may begin */
};

struct queue {
	struct item *first, *last;
	size_t count;
};
void queue_push(struct queue *queue, struct item *item);
struct item *queue_pop(struct queue *queue); /* NULL if it is empty */

/* (output.c) Set the output of an item that is done: the error object, the assertion (alone or, if `json`, in an
 * object), or the org's answer. Return 0, or -1 if memory is exhausted. */
int output_error(struct item *item);
int output_assertion(struct item *item, bool json);
int output_answer(struct item *item, const struct oauth_answer *answer);

/* --- input (input.c) --------------------------------------------------------------------------------------------- */

enum { LINE_BYTES_MAX = 65536 }; /* bytes, including the line end */

struct input {
	int fd;
	const char *name;     /* for messages */
	char *buffer;         /* `room` bytes, the longest line, and one for a NUL */
	size_t room, begin, end;
	bool ended, skips;    /* skips: it skips the rest of a line that is too long */
	unsigned long number; /* of the last line taken */
	off_t consumed, size; /* bytes; size is -1 if unknown */
	int closing;          /* see input_closing */
};

/* Opens stdin. To read another descriptor, fill a struct with the members above, and call only input_fill and
 * input_take. */
int input_open(struct input *input, struct error *error);
void input_close(struct input *input);

/* Takes the next line from the buffer: *length bytes and a NUL at *text, which the caller may change and which are
 * valid until input_fill. *text is NULL if the line is longer than the buffer. Skips a byte-order mark
 * at the start of the input. Returns false if the buffer holds no complete line. */
bool input_take(struct input *input, char **text, size_t *length);

/* Whether a line contains only whitespace. Such lines are counted and skipped. */
bool input_is_blank(const char *text, size_t length);

/* Reads available input, and sets `ended` at the end of the input. Fails with ERROR_UNEXPECTED. */
int input_fill(struct input *input, struct error *error);

/* Whether more input may come: stdin is a pipe, socket or terminal whose other end is open. */
bool input_is_open(const struct input *input);

/* A descriptor that becomes readable when the other end closes; -1 if the input has no other end. */
int input_closing(const struct input *input);

/* --- workers (workers.c) ----------------------------------------------------------------------------------------- */

struct workers;

enum { AHEAD = 8 }; /* items to queue per worker */

/* Opens the keys and starts the first worker. The others start after the first assertion, which shows how many the
 * token supports. `prompt`: report each assertion at once rather than several together. Fails as signer_open does. */
int workers_open(struct workers **workers, const struct bearer_request *request, size_t sessions, bool prompt,
		 struct error *error);
struct p11_key *workers_key(const struct workers *workers); /* the first one */
size_t workers_key_count(const struct workers *workers);
void workers_close(struct workers **workers); /* waits for the work in progress */

/* Whether the workers have enough to do. */
bool workers_are_full(const struct workers *workers);

/* Whether no signature is expected soon: nothing is to be signed, or the token is away. */
bool workers_are_idle(const struct workers *workers);

/* workers_give queues an item that needs a signature, or one that `asks`. workers_take returns a finished item, or NULL
 * if no item is finished. */
void workers_give(struct workers *workers, struct item *item);
struct item *workers_take(struct workers *workers);

/* Takes back an item that no worker has started, or returns NULL. */
struct item *workers_take_back(struct workers *workers);

/* workers_await arms workers_descriptor, which becomes readable when workers_take has an item, or shortly after.
 * Returns false if it has one now. Call workers_woken when the descriptor is readable. */
bool workers_await(struct workers *workers);
int workers_descriptor(const struct workers *workers);
void workers_woken(struct workers *workers);

/* Whether the key is being recovered; until it is, the workers pause. */
bool workers_recover(const struct workers *workers);

/* Stops waiting for a missing token; the items that waited end `cut_short`. */
void workers_stop_waiting(struct workers *workers);

/* Whether the key is lost for good, and why. */
bool workers_lost_key(const struct workers *workers, struct error *why);

/* --- the sender (send.c) ----------------------------------------------------------------------------------------- */

struct sender {
	struct http_pool *pool;
	const struct bearer_request *request;
	bool brakes;           /* whether it follows the brake */
	struct brake brake;
	struct error last;     /* the last error that slowed the requests down */
	size_t renewing;       /* items being signed again; each reserves a request */
	struct queue ready, waiting;
	struct oauth_answer answer; /* the last one */
	size_t keys;           /* how many can sign */
	struct accepted accepted; /* see sender_accepted */
	struct {
		X509 *certificate; /* NULL if unknown */
		bool known;        /* a worker has looked for it */
	} of[TURN_KEYS];       /* the keys */
};

int sender_open(struct sender *sender, const struct bearer_request *request, size_t parallel, bool brakes,
		struct error *error);
void sender_close(struct sender *sender);

/* The key that the request's app accepted last: it signs first. */
size_t sender_accepted(const struct sender *sender, const struct bearer_request *request);

/* sender_signed notes that the workers have finished an item, successfully or not. sender_give queues an item that has
 * its assertion. */
void sender_signed(struct sender *sender, const struct item *item);
void sender_give(struct sender *sender, struct item *item);

/* Takes the certificate that a worker has found, or not, for an item that `asks`: it is that of the key that signed. */
void sender_learn(struct sender *sender, struct item *item);

/* Adds advice about the certificate to the hint of a refusal, unless no worker has looked for that key's. Returns
 * whether one has. */
bool sender_explain(const struct sender *sender, struct item *item);

/* Takes the next item whose request may begin, or returns NULL. */
struct item *sender_next(struct sender *sender);

/* Starts the item's request. Returns true if the item must be signed first, because its assertion is used up or too
 * old. Otherwise the request is in progress, or item->result is negative. */
bool sender_begin(struct sender *sender, struct item *item);

/* Advances the requests, and moves items that have ended, successfully or not, to `done`. The caller gives an item
 * that `asks` to the workers first. */
void sender_move(struct sender *sender, struct queue *done);

/* Takes back an item whose request has not started, or returns NULL. */
struct item *sender_take_back(struct sender *sender);

/* The milliseconds until sender_next may return another item; negative if no item waits for a time. */
double sender_delay(const struct sender *sender, double now);

/* --- progress (output.c) ----------------------------------------------------------------------------------------- */

struct report {
	double began, shown; /* clock_ms */
	bool on_terminal;    /* progress can be shown */
	unsigned long done, failed, given_up, skipped;
	int worst;           /* the highest class of the failed lines */
};

/* Shows progress on a terminal at intervals. Returns the milliseconds until the next call is due; negative: never. */
double report_progress(struct report *report, const struct input *input);

#endif
