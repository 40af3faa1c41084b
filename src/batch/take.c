/* SPDX-License-Identifier: Apache-2.0 */
/* Moves items: from a line to the workers, to the org, and back. */
#include "batch/run.h"

#include "base/clock.h"
#include "bearer/grant.h"

#include <stdlib.h>

bool run_is_stuck(const struct run *run)
{
	return secret_length(run->output) >= OUTPUT_MAX;
}

void run_item_new(struct item *item, unsigned long number)
{
	item->number = number;
	item->retry = (struct retry){ .tries = 0 };
	item->turn = (struct turn){ .tries = 0 };
	item->has_failed = item->renewed = item->cut_short = item->limited = item->probe = item->asks = false;
	item->code[0] = '\0';
	item->retry_after = -1;
	item->not_before = 0;
	item->assertion.exp = 0; /* the earlier one was for another line */
}

void run_item_free(struct run *run, struct item *item)
{
	line_clear(&item->line);
	assertion_wipe(&item->assertion);
	queue_push(&run->free, item);
}

/* Whether the item may be signed or sent now. If not, its line is kept or it is done; the caller must not use it. */
static bool is_admitted(struct run *run, struct item *item)
{
	switch (run->limits != NULL ? limits_admit(run->limits, item, clock_ms()) : LIMITS_GO) {
	case LIMITS_KEPT:
		run_item_free(run, item);
		return false;
	case LIMITS_FAILED:
		queue_push(&run->done, item);
		return false;
	case LIMITS_GO:
		break;
	}
	return true;
}

void run_learn(struct run *run)
{
	struct queue ended = run->done;
	struct item *item;

	if (run->limits == NULL)
		return;
	run->done = (struct queue){ .first = NULL };
	while ((item = queue_pop(&ended)) != NULL) {
		if (limits_learn(run->limits, item, clock_ms()) == LIMITS_KEPT)
			run_item_free(run, item);
		else
			queue_push(&run->done, item);
	}
}

/* Gives the item to a worker to sign it. The key that its app accepted last signs, unless it was refused for this
 * item. */
static void sign(struct run *run, struct item *item)
{
	if (item->turn.tries == 0)
		item->turn = turn_begin(sender_accepted(&run->sender, &item->line.request));
	workers_give(run->workers, item);
}

/* Ends the item. If it needs a certificate, a worker looks for that first; others that need one wait for the result. */
static void end_item(struct run *run, struct item *item)
{
	if (item->asks && workers_recover(run->workers))
		item->asks = false; /* the recovery may take long: do without the certificate */
	if (item->asks && sender_explain(&run->sender, item))
		item->asks = false;
	if (!item->asks) {
		queue_push(&run->done, item);
	} else if (run->asked) {
		queue_push(&run->asking, item);
	} else {
		run->asked = true;
		workers_give(run->workers, item);
	}
}

void run_explain(struct run *run, struct item *item)
{
	struct queue asking = run->asking;

	run->asking = (struct queue){ .first = NULL };
	run->asked = false;
	sender_learn(&run->sender, item);
	do {
		end_item(run, item);
	} while ((item = queue_pop(&asking)) != NULL);
}

/* Sets the output of an item that is only signed. */
static int output_signed(const struct run *run, struct item *item)
{
	struct oauth_answer answer = { .json = NULL };
	int result;

	if (!run->options->bearers)
		return output_assertion(item, run->options->json) == 0 ? 0 : error_memory(&item->error);
	result = bearer_unexchanged(&item->assertion, &answer, &item->error);
	if (result == 0 && output_answer(item, &answer) < 0)
		result = error_memory(&item->error);
	oauth_answer_clear(&answer);
	return result;
}

void run_take_signed(struct run *run)
{
	struct item *item;

	while ((item = workers_take(run->workers)) != NULL) {
		sender_signed(&run->sender, item);
		if (item->asks) {
			run_explain(run, item);
			continue;
		}
		if (item->result == 0 && run->sends) {
			sender_give(&run->sender, item);
			continue;
		}
		if (item->result == 0)
			item->result = output_signed(run, item);
		queue_push(&run->done, item);
	}
}

/* With --fail-fast, a refused item ends the run once its hint is complete. */
static bool is_about_to_end(const struct run *run)
{
	return run->options->fail_fast && run->asked;
}

/* Takes requests that have ended. Items that ask for the certificate go to the workers first. */
static void take_answered(struct run *run)
{
	struct queue ended = { .first = NULL };
	struct item *item;

	sender_move(&run->sender, &ended);
	while ((item = queue_pop(&ended)) != NULL)
		end_item(run, item);
}

void run_exchange(struct run *run)
{
	struct item *item;

	take_answered(run);
	run_learn(run);
	if (run->stop.class != ERROR_NONE || is_about_to_end(run) || run_is_stuck(run))
		return;
	while ((item = sender_next(&run->sender)) != NULL) {
		if (!is_admitted(run, item))
			continue;
		if (sender_begin(&run->sender, item))
			sign(run, item);
		else if (item->result < 0)
			queue_push(&run->done, item);
	}
}

static bool is_open(const struct run *run)
{
	return run->stop.class == ERROR_NONE && !is_about_to_end(run) && !run_is_stuck(run);
}

/* Whether one more item may be signed. */
static bool has_room(const struct run *run)
{
	return !workers_are_full(run->workers) &&
	       (!run->sends || run->sender.ready.count < run->sender.brake.allowed);
}

/* Whether one more line may be read. With ordered output, each line read but not written needs a slot in `in_turn`. */
static bool may_read(const struct run *run)
{
	if (run->limits != NULL && limits_is_full(run->limits))
		return false;
	return !run->options->ordered || run->input.number - run->written < run->count;
}

/* A line without an answer: with ordered output, the lines after it must not wait for it. */
static void skip_line(struct run *run)
{
	unsigned long number = run->input.number;

	if (!run->options->ordered)
		return;
	if (run->written + 1 == number)
		run->written = number;
	else
		run->in_turn[number % run->count] = &run->blank;
}

/* With options->done: whether the line has an answer in the earlier output. A line without ref fails. */
static bool is_done(struct run *run, struct item *item)
{
	if (item->line.ref != NULL)
		return done_has(&run->earlier, item->line.ref);
	if (item->result == 0) {
		item->result = error_set(&item->error, ERROR_CONFIG, "the line has no ref, so --done cannot tell "
					 "whether it is done");
		error_hint(&item->error, "give each line a ref of its own, or omit --done");
	}
	return false;
}

/* Starts a line; `text` is NULL if it is too long. */
static void begin_line(struct run *run, struct item *item, const char *text, size_t length)
{
	if (text == NULL)
		item->result = error_set(&item->error, ERROR_CONFIG, "the line is longer than %d bytes",
					 LINE_BYTES_MAX - 1);
	else
		item->result = line_read(&item->line, text, length, run->request, run->options, &item->error);
	run->ahead = item->line.ref != NULL;
	if (run->options->done != NULL && is_done(run, item)) {
		run->report.skipped++;
		skip_line(run);
		run_item_free(run, item);
	} else if (item->result < 0)
		queue_push(&run->done, item);
	else if (!has_room(run))
		queue_push(&run->held, item);
	else if (is_admitted(run, item))
		sign(run, item);
}

static void give_held(struct run *run)
{
	struct item *item;

	while (is_open(run) && has_room(run) && (item = queue_pop(&run->held)) != NULL) {
		if (is_admitted(run, item))
			sign(run, item);
	}
}

/* Resumes a kept line. Returns false if no kept line may continue. */
static bool take_kept(struct run *run)
{
	struct kept *kept = run->limits != NULL ? limits_take(run->limits, clock_ms(), false) : NULL;
	struct item *item;

	if (kept == NULL)
		return false;
	item = queue_pop(&run->free);
	run_item_new(item, kept->number);
	item->probe = kept->probe;
	begin_line(run, item, kept->text, kept->length);
	free(kept);
	return true;
}

void run_take_lines(struct run *run)
{
	char *text;
	size_t length = 0;

	run->hungry = false;
	give_held(run);
	while (is_open(run) && run->free.first != NULL && (run->ahead || has_room(run))) {
		struct item *item;

		if (has_room(run) && take_kept(run))
			continue;
		if (!may_read(run))
			return;
		if (!input_take(&run->input, &text, &length)) {
			run->hungry = !run->input.ended;
			return;
		}
		if (text != NULL && input_is_blank(text, length)) {
			skip_line(run);
			continue;
		}
		item = queue_pop(&run->free);
		run_item_new(item, run->input.number);
		begin_line(run, item, text, length);
		if (run->options->fail_fast && run->done.first != NULL)
			return;
	}
}
