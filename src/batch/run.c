/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread: passes lines to the workers and the sender, and writes the results. */
#include "batch/run.h"

#include "base/clock.h"
#include "base/message.h"
#include "process/interrupt.h"
#include "process/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITTEN_AT_ONCE = 4096 }; /* bytes that never block once poll reports room (pipe(7)) */

/* --- items that have ended --------------------------------------------------------------------------------------- */

/* Ends the run, unless it is ending already. */
__attribute__((format(printf, 3, 4)))
static void stop(struct run *run, enum error_class class, const char *format, ...)
{
	va_list arguments;
	char text[512];

	if (run->stop.class != ERROR_NONE)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	error_set(&run->stop, class, "%s", text);
}

static void stop_because(struct run *run, const struct error *why)
{
	if (run->stop.class != ERROR_NONE)
		return;
	stop(run, why->class, "%.400s", why->text);
	error_hint(&run->stop, "%s", why->hint);
}

static int emit(struct run *run, struct item *item, struct error *error)
{
	int result = secret_append(run->output, secret_data(item->output), secret_length(item->output));

	secret_truncate(item->output, 0);
	run_item_free(run, item);
	return result == 0 ? 0 : error_memory(error);
}

static void notice_signal(struct run *run)
{
	if (run->signal != 0 || interrupt_signal() == 0)
		return;
	run->signal = interrupt_signal();
	stop(run, ERROR_UNEXPECTED, "the run was interrupted");
}

static void give_up_item(struct run *run, struct item *item)
{
	char last[512] = "";

	if (item->has_failed)
		snprintf(last, sizeof(last), "; the last try: %.480s", item->error.text);
	run->report.given_up++;
	item->result = error_set(&item->error, ERROR_UNEXPECTED, "not done: %.500s%s", run->stop.text, last);
}

/* Counts an item that has ended, and ends the run if it must not continue. */
static void count(struct run *run, struct item *item)
{
	struct error why;

	if (item->result == 0) {
		run->report.done++;
		return;
	}
	notice_signal(run);
	if (item->cut_short) {
		give_up_item(run, item);
		return;
	}
	run->report.failed++;
	if (-item->result > run->report.worst)
		run->report.worst = -item->result;
	if (workers_lost_key(run->workers, &why))
		stop_because(run, &why);
	else if (item->result == -ERROR_PIN)
		stop_because(run, &item->error);
	else if (run->options->fail_fast)
		stop(run, (enum error_class) - item->result, "line %lu failed: %.400s", item->number, item->error.text);
}

static int end_item(struct run *run, struct item *item, struct error *error)
{
	if (item->result < 0 && output_error(item) < 0)
		return error_memory(error);
	if (!run->options->ordered)
		return emit(run, item, error);
	run->in_turn[item->number % run->count] = item;
	while ((item = run->in_turn[(run->written + 1) % run->count]) != NULL) {
		run->in_turn[++run->written % run->count] = NULL;
		if (item != &run->blank && emit(run, item, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* Writes without blocking: answers must be received even while the reader is slow. */
static int flush(struct run *run, struct error *error)
{
	struct pollfd out = { .fd = output_descriptor(), .events = POLLOUT };
	const char *data = secret_data(run->output);
	size_t length = secret_length(run->output), written = 0;

	while (written < length && poll(&out, 1, 0) != 0) {
		size_t part = length - written < WRITTEN_AT_ONCE ? length - written : WRITTEN_AT_ONCE;

		if (output_write(data + written, part, error) < 0) {
			if (error->code == EPIPE)
				error->signal = SIGPIPE;
			return error_result(error);
		}
		written += part;
	}
	secret_drop(run->output, written);
	return 0;
}

/* Gives up kept lines, as many as there are free items; the rest follow in later rounds. */
static int give_up_kept(struct run *run, struct error *error)
{
	struct kept *kept;

	while (run->free.first != NULL && (kept = limits_take(run->limits, 0, true)) != NULL) {
		struct item *item = queue_pop(&run->free);

		run_item_new(item, kept->number);
		(void)line_read(&item->line, kept->text, kept->length, run->request, run->options, &item->error);
		free(kept);
		run->report.given_up++;
		item->result = error_set(&item->error, ERROR_UNEXPECTED,
					 "not done: %.500s; the user has logged in too often", run->stop.text);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* Gives up items that have not started, because every line read gets an answer. */
static int give_up(struct run *run, struct error *error)
{
	struct item *item;

	workers_stop_waiting(run->workers);
	while ((item = queue_pop(&run->held)) != NULL || (item = workers_take_back(run->workers)) != NULL ||
	       (run->sends && (item = sender_take_back(&run->sender)) != NULL)) {
		if (item->asks) { /* it already has the org's answer; only the certificate is missing */
			run_explain(run, item);
			continue;
		}
		give_up_item(run, item);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	return run->limits != NULL ? give_up_kept(run, error) : 0;
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* Ends a run that makes no progress, unless more input may come. */
static void stop_if_hopeless(struct run *run)
{
	const struct brake *brake = &run->sender.brake;
	const struct error *last = &run->sender.last;
	const char *party = run->request->server->party;

	if (!run->sends || !brake_is_spent(brake) || input_is_open(&run->input))
		return;
	if (brake->asked > 0)
		stop(run, ERROR_ORG, "%s asks to wait %ld s", party, brake->asked);
	else if (brake->on)
		stop(run, last->class, "%ld requests in a row failed, the last one: %.400s", brake->failures,
		     last->text);
	else
		stop(run, last->class, "%s keeps asking to slow down: %.400s", party, last->text);
}

/* One round. Sets *more if there is work left. */
static int step(struct run *run, bool *more, struct error *error)
{
	struct item *item;
	bool stuck;

	notice_signal(run);
	run_take_signed(run);
	if (run->sends)
		run_exchange(run);
	stop_if_hopeless(run);
	if (run->stop.class != ERROR_NONE && give_up(run, error) < 0)
		return error_result(error);
	run_take_lines(run);
	run_learn(run);
	*more = run->done.first != NULL;
	while ((item = queue_pop(&run->done)) != NULL) {
		count(run, item);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	stuck = run_is_stuck(run);
	if ((stuck || !*more) && flush(run, error) < 0)
		return error_result(error);
	*more |= stuck && !run_is_stuck(run); /* paused work may start */
	if (*more)
		return 0;
	*more = run->free.count < run->count || (run->limits != NULL && limits_count(run->limits) > 0) ||
		secret_length(run->output) > 0 || (run->stop.class == ERROR_NONE && !run->input.ended);
	if (*more && run_await(run, error) < 0)
		stop(run, error->class, "%s", error->text);
	return 0;
}

/* --- the whole run ----------------------------------------------------------------------------------------------- */

/* The final message, and the run's result. */
static int conclude(const struct run *run, struct error *error)
{
	const struct report *report = &run->report;
	char counts[256];

	if (report->skipped > 0)
		message_note("%lu line%s skipped: %s in %s", report->skipped, report->skipped == 1 ? " was" : "s were",
			     report->skipped == 1 ? "it is" : "they are", run->options->done);
	snprintf(counts, sizeof(counts), "%lu line%s done, %lu failed", report->done, report->done == 1 ? "" : "s",
		 report->failed);
	if (run->stop.class == ERROR_NONE) {
		if (report->failed > 0)
			message_note("%s", counts);
		return run->options->answered_ok ? 0 : report->worst;
	}
	error_set(error, run->stop.class, "%s; %s, %lu given up; the input is read up to line %lu", run->stop.text,
		  counts, report->given_up, run->input.number);
	error_hint(error, "%s", run->stop.hint);
	error->signal = run->signal;
	return error_result(error);
}

int batch_run(const struct bearer_request *request, const struct batch_options *options, struct error *error)
{
	struct run run = { .request = request, .options = options,
			   .sends = options->bearers && request->grant != SERVER_NONE,
			   .report = { .began = clock_ms(), .on_terminal = isatty(STDERR_FILENO) == 1 } };
	bool more = true;
	int result = run_open(&run, error);

	if (result == 0) {
		interrupt_begin("p11bearer: finishing work in progress; signal again to stop immediately\n");
		while (more && result == 0)
			result = step(&run, &more, error);
		workers_stop_waiting(run.workers); /* needed if the loop failed */
		interrupt_end();
		message_progress_end();
		if (result == 0)
			result = conclude(&run, error);
	}
	run_close(&run);
	return result;
}
