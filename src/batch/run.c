/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that runs all: reads lines, hands them to the workers and to the sender, and writes what comes of them. */
#include "batch/limit.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/output.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	ITEMS_A_SESSION = 1 + AHEAD,
	ITEMS_A_REQUEST = 4,  /* under way, ready, and waiting for another try */
	OUTPUT_MOST = 32768,  /* bytes that are kept back while there is more to do, or the reader rests */
	WRITTEN_AT_ONCE = 4096, /* bytes that can be written without waiting when something can (pipe(7)) */
	DESCRIPTORS = 64,     /* that are wanted beside one for each request */
	LOOK_MS = 250,        /* so often the progress is shown */
};

struct run {
	const struct bearer_request *request;
	const struct batch_options *options;
	struct input input;
	bool hungry;             /* there was room for a line, and none was there */
	struct workers *workers;
	struct sender sender;
	struct limits *limits;   /* NULL: nothing is exchanged */
	struct item *items;
	size_t count;
	struct queue free, done; /* items that are nobody's; that have ended */
	struct item **in_turn;   /* ended before their turn, by number % count, where the output is in order */
	unsigned long written;   /* number of the last line that was written, where it is */
	struct secret *output;
	struct report report;
	struct error stop;       /* why no further line is taken; class ERROR_NONE: it goes on */
	int signal;
};

/* --- items that have ended --------------------------------------------------------------------------------------- */

static void stop(struct run *run, enum error_class class, const char *format, ...) __attribute__((format(printf, 3, 4)));
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

static int emit(struct run *run, struct item *item, struct error *error)
{
	int result = secret_append(run->output, secret_data(item->output), secret_length(item->output));

	secret_truncate(item->output, 0);
	item_free(item, &run->free);
	return result == 0 ? 0 : error_memory(error);
}

/* What the end of an item means for the run. */
static void count(struct run *run, const struct item *item)
{
	if (item->result == 0) {
		run->report.done++;
		return;
	}
	run->report.failed++;
	if (-item->result > run->report.worst)
		run->report.worst = -item->result;
	if (item->result == -ERROR_PIN || workers_lost_key(run->workers))
		stop(run, (enum error_class) - item->result, "%.400s", item->error.text);
	else if (run->sender.asked > 0)
		stop(run, ERROR_ORG, "the org asks to wait %ld s", run->sender.asked);
	else if (run->sender.gave_up)
		stop(run, ERROR_ORG, "the org asks to slow down again and again: %.400s", item->error.text);
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
		if (emit(run, item, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* Writes what can be written without waiting: while the reader rests, answers are taken all the same. */
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

/* The reader rests: nothing new is begun that would only be kept. */
static bool is_stuck(const struct run *run)
{
	return secret_length(run->output) >= OUTPUT_MOST;
}

static void clear_item(struct item *item, unsigned long number)
{
	item->number = number;
	item->lost = item->tries = item->throttled = 0;
	item->had_stale = item->renewed = item->limited = item->probe = item->has_user_key = false;
	item->not_before = 0;
}

/* A line that is kept is answered too, as far as there are items for it: the others have theirs later. */
static int give_up_kept(struct run *run, struct error *error)
{
	struct kept *kept;

	while (run->free.first != NULL && (kept = limits_take(run->limits, 0, true)) != NULL) {
		struct item *item = queue_pop(&run->free);

		clear_item(item, kept->number);
		free(kept);
		run->report.given_up++;
		item->result = error_set(&item->error, ERROR_UNEXPECTED, "not done: %.500s; the user has logged in too often",
					 run->stop.text);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	return 0;
}

/* An item that is not begun any more is answered all the same: no line that was read goes without. */
static int give_up(struct run *run, struct error *error)
{
	struct item *item;

	while ((item = workers_take_back(run->workers)) != NULL ||
	       (run->options->exchange && (item = sender_take_back(&run->sender)) != NULL)) {
		char last[512] = "";

		if (item->tries > 0 || item->throttled > 0)
			snprintf(last, sizeof(last), "; the last try: %.480s", item->error.text);
		run->report.given_up++;
		item->result = error_set(&item->error, ERROR_UNEXPECTED, "not done: %.500s%s", run->stop.text, last);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	return run->limits != NULL ? give_up_kept(run, error) : 0;
}

/* --- items on their way ------------------------------------------------------------------------------------------ */

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

static void take_signed(struct run *run)
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

static void exchange(struct run *run)
{
	struct queue to_sign = { .first = NULL };
	struct item *item;

	sender_move(&run->sender, &run->done);
	limits_apply(run->limits, run->workers, &run->sender, &run->free, &run->done);
	if (run->stop.class != ERROR_NONE || is_stuck(run))
		return;
	sender_begin(&run->sender, &run->done, &to_sign);
	while ((item = queue_pop(&to_sign)) != NULL)
		workers_give(run->workers, item);
}

static bool has_room(struct run *run)
{
	return run->stop.class == ERROR_NONE && !is_stuck(run) && run->free.first != NULL && !workers_are_full(run->workers) &&
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
	clear_item(item, kept->number);
	item->probe = kept->probe;
	item->has_user_key = true;
	memcpy(item->user_key, kept->user_key, USER_KEY_SIZE);
	begin_line(run, item, kept->text, kept->length);
	free(kept);
	return true;
}

static void take_lines(struct run *run)
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
		clear_item(item, run->input.number);
		begin_line(run, item, text, length);
		if (run->options->fail_fast && run->done.first != NULL)
			return;
	}
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* Waits for whatever comes first: a line, an assertion, an answer, a signal, or a time. */
static int await(struct run *run, struct error *error)
{
	enum { WORKERS, SIGNAL, INPUT, OUTPUT, ALL };
	struct pollfd ready[ALL] = {
		[WORKERS] = { .fd = workers_descriptor(run->workers), .events = POLLIN },
		[SIGNAL] = { .fd = run->signal == 0 ? interrupt_descriptor() : -1, .events = POLLIN },
		[INPUT] = { .fd = run->hungry ? STDIN_FILENO : -1, .events = POLLIN },
		[OUTPUT] = { .fd = -1, .events = POLLOUT },
	};
	double delay = run->options->exchange && run->stop.class == ERROR_NONE ? sender_delay(&run->sender, clock_ms()) : -1;
	int wait = LOOK_MS;

	if (flush(run, error) < 0)
		return error_result(error);
	report_progress(&run->report, &run->input);
	if (secret_length(run->output) > 0)
		ready[OUTPUT].fd = output_descriptor();
	if (!workers_await(run->workers))
		return 0;
	if (delay >= 0 && delay < wait)
		wait = (int)delay + 1;
	delay = run->limits != NULL ? limits_delay(run->limits, clock_ms()) : -1;
	if (delay >= 0 && delay < wait)
		wait = (int)delay + 1;
	if (run->options->exchange)
		http_pool_wait(run->sender.pool, ready, ALL, wait);
	if (poll(ready, ALL, run->options->exchange ? 0 : wait) <= 0)
		return 0;
	if (ready[WORKERS].revents != 0)
		workers_woken(run->workers);
	if (ready[INPUT].revents != 0 && input_fill(&run->input, error) < 0)
		stop(run, error->class, "%s", error->text);
	return 0;
}

/* One round. *more: there is work left. */
static int step(struct run *run, bool *more, struct error *error)
{
	struct item *item;

	if (run->signal == 0 && interrupt_signal() != 0) {
		run->signal = interrupt_signal();
		stop(run, ERROR_UNEXPECTED, "the run was interrupted");
	}
	take_signed(run);
	if (run->options->exchange)
		exchange(run);
	if (run->stop.class != ERROR_NONE && give_up(run, error) < 0)
		return error_result(error);
	take_lines(run);
	if (run->limits != NULL)
		limits_apply(run->limits, run->workers, &run->sender, &run->free, &run->done);
	*more = run->done.first != NULL;
	while ((item = queue_pop(&run->done)) != NULL) {
		count(run, item);
		if (end_item(run, item, error) < 0)
			return error_result(error);
	}
	if (is_stuck(run) && flush(run, error) < 0)
		return error_result(error);
	if (*more)
		return 0;
	*more = run->free.count < run->count || (run->limits != NULL && limits_count(run->limits) > 0) || secret_length(run->output) > 0 ||
		(run->stop.class == ERROR_NONE && !run->input.ended);
	return *more ? await(run, error) : 0;
}

/* --- from beginning to end --------------------------------------------------------------------------------------- */

static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

/* How many requests there are descriptors for, after the limit is raised as far as it may be and is wanted. */
static size_t requests(size_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	if (limit.rlim_cur < wanted + DESCRIPTORS && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = wanted + DESCRIPTORS < limit.rlim_max ? wanted + DESCRIPTORS : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted + DESCRIPTORS)
		return wanted;
	return limit.rlim_cur > DESCRIPTORS ? limit.rlim_cur - DESCRIPTORS : 1;
}

static int open_run(struct run *run, struct error *error)
{
	const struct batch_options *options = run->options;
	size_t parallel = requests(options->parallel), sessions = options->sessions > 0 ? options->sessions : processors();

	if (sessions > P11_SESSIONS_MAX)
		sessions = P11_SESSIONS_MAX;
	run->count = sessions * ITEMS_A_SESSION + (options->exchange ? parallel * ITEMS_A_REQUEST : 0);
	run->items = calloc(run->count, sizeof(*run->items));
	run->in_turn = calloc(run->count, sizeof(void *));
	run->output = secret_new(2UL * OUTPUT_MOST);
	if (run->items == NULL || run->in_turn == NULL || run->output == NULL || input_open(&run->input, error) < 0)
		return error_memory(error);
	for (size_t i = 0; i < run->count; i++) {
		run->items[i].output = secret_new(1024);
		if (run->items[i].output == NULL)
			return error_memory(error);
		queue_push(&run->free, &run->items[i]);
	}
	/* All that can be wrong with the way to the org is found before the token is touched. */
	if (options->exchange && (sender_open(&run->sender, run->request, parallel, error) < 0 ||
				  limits_open(&run->limits, run->request, run->sender.token_url, error) < 0))
		return error_result(error);
	return workers_open(&run->workers, run->request, sessions, options->exchange, error);
}

static void close_run(struct run *run)
{
	workers_close(&run->workers);
	sender_close(&run->sender);
	limits_close(&run->limits);
	for (size_t i = 0; i < run->count && run->items != NULL; i++) {
		line_clear(&run->items[i].line);
		assertion_clear(&run->items[i].assertion);
		secret_free(&run->items[i].output);
	}
	secret_free(&run->output);
	input_close(&run->input);
	free(run->in_turn);
	free(run->items);
}

/* What is said at the end, and the run's result. */
static int conclude(const struct run *run, struct error *error)
{
	const struct report *report = &run->report;
	char counts[256];

	snprintf(counts, sizeof(counts), "%lu lines done, %lu failed", report->done, report->failed);
	if (run->stop.class == ERROR_NONE) {
		if (report->failed > 0)
			message_note("%s", counts);
		return report->worst;
	}
	error_set(error, run->stop.class, "%s; %s, %lu given up; the input is read up to line %lu", run->stop.text, counts,
		  report->given_up, run->input.number);
	error->signal = run->signal;
	return error_result(error);
}

int batch_run(const struct bearer_request *request, const struct batch_options *options, struct error *error)
{
	struct run run = { .request = request, .options = options, .report = { .began = clock_ms() } };
	bool more = true;
	int result = open_run(&run, error);

	if (result == 0) {
		interrupt_begin("p11bearer: what is under way is finished; another signal ends it at once\n");
		while (more && result == 0)
			result = step(&run, &more, error);
		interrupt_end();
		message_progress_end();
		if (result == 0)
			result = conclude(&run, error);
	}
	close_run(&run);
	return result;
}
