/* SPDX-License-Identifier: Apache-2.0 */
/* Items on their way: from a line to the workers, from there to the org, and back. */
#include "batch/run.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

bool run_is_stuck(const struct run *run)
{
	return secret_length(run->output) >= OUTPUT_MOST;
}

void run_item_new(struct item *item, unsigned long number)
{
	item->number = number;
	item->lost = item->tries = item->throttled = 0;
	item->had_stale = item->renewed = item->limited = item->probe = item->has_user_key = false;
	item->not_before = 0;
}

/* An item that is signed. What is known of its user may have changed meanwhile. */
static void to_exchange(struct run *run, struct item *item)
{
	switch (limits_admit(run->limits, item, clock_ms())) {
	case LIMITS_GO:
		sender_give(&run->sender, item);
		break;
	case LIMITS_KEPT:
		item_free(item, &run->free);
		break;
	case LIMITS_FAILED:
		queue_push(&run->done, item);
		break;
	}
}

void run_take_signed(struct run *run)
{
	struct item *item;

	while ((item = workers_take(run->workers)) != NULL) {
		sender_signed(&run->sender, item);
		if (item->result == 0 && run->options->exchange) {
			to_exchange(run, item);
			continue;
		}
		if (item->result == 0 && output_assertion(item) < 0)
			item->result = error_memory(&item->error);
		queue_push(&run->done, item);
	}
}

void run_exchange(struct run *run)
{
	struct queue to_sign = { .first = NULL };
	struct item *item;

	sender_move(&run->sender, &run->done);
	limits_apply(run->limits, run->workers, &run->sender, &run->free, &run->done);
	if (run->stop.class != ERROR_NONE || run_is_stuck(run))
		return;
	sender_begin(&run->sender, &run->done, &to_sign);
	while ((item = queue_pop(&to_sign)) != NULL)
		workers_give(run->workers, item);
}

static bool has_room(struct run *run)
{
	return run->stop.class == ERROR_NONE && !run_is_stuck(run) && run->free.first != NULL && !workers_are_full(run->workers) &&
	       (!run->options->exchange || run->sender.ready.count < run->sender.allowed);
}

/* Whether one more line may be read. Where the output is in order, those that were read and have not been written have a
 * place each. */
static bool may_read(const struct run *run)
{
	if (run->limits != NULL && limits_is_full(run->limits))
		return false;
	return !run->options->ordered || run->input.number - run->written < run->count;
}

/* Begins with a line, NULL: one that is too long. */
static void begin_line(struct run *run, struct item *item, const char *text, size_t length)
{
	enum limits_verdict verdict = LIMITS_GO;

	if (text == NULL)
		item->result = error_set(&item->error, ERROR_CONFIG, "the line is longer than %d bytes", LINE_MOST - 1);
	else
		item->result = line_read(&item->line, text, length, run->request, run->options, &item->error);
	if (item->result == 0 && run->limits != NULL)
		verdict = limits_admit(run->limits, item, clock_ms());
	if (verdict == LIMITS_KEPT)
		item_free(item, &run->free);
	else if (item->result == 0)
		workers_give(run->workers, item);
	else
		queue_push(&run->done, item);
}

/* A line that was kept and is to go on. False: there is none. */
static bool take_kept(struct run *run)
{
	struct kept *kept = run->limits != NULL ? limits_take(run->limits, clock_ms(), false) : NULL;
	struct item *item;

	if (kept == NULL)
		return false;
	item = queue_pop(&run->free);
	run_item_new(item, kept->number);
	item->probe = kept->probe;
	item->has_user_key = true;
	memcpy(item->user_key, kept->user_key, USER_KEY_SIZE);
	begin_line(run, item, kept->text, kept->length);
	free(kept);
	return true;
}

void run_take_lines(struct run *run)
{
	const char *text;
	size_t length = 0;

	run->hungry = false;
	while (has_room(run)) {
		struct item *item;

		if (take_kept(run))
			continue;
		if (!may_read(run))
			return;
		if (!input_take(&run->input, &text, &length)) {
			run->hungry = !run->input.ended;
			return;
		}
		item = queue_pop(&run->free);
		run_item_new(item, run->input.number);
		begin_line(run, item, text, length);
		if (run->options->fail_fast && run->done.first != NULL)
			return;
	}
}
