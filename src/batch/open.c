/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and sizes what a run needs. */
#include "batch/run.h"

#include "bearer/identity.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	ITEMS_A_SESSION = 1 + AHEAD,
	ITEMS_A_REQUEST = 4, /* in progress, ready, and waiting for a retry */
	DESCRIPTORS = 64,    /* needed in addition to one per request */
};

static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

/* Raises the limit of descriptors as needed and allowed, and returns how many of the `wanted` requests it permits. */
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

int run_open(struct run *run, struct error *error)
{
	const struct batch_options *options = run->options;
	size_t parallel = requests(options->parallel);
	size_t sessions = options->sessions > 0 ? options->sessions : processors();

	if (sessions > P11_SESSIONS_MAX)
		sessions = P11_SESSIONS_MAX;
	run->count = sessions * ITEMS_A_SESSION + (run->sends ? parallel * ITEMS_A_REQUEST : 0);
	run->items = calloc(run->count, sizeof(*run->items));
	run->in_turn = calloc(run->count, sizeof(void *));
	run->output = secret_new(2UL * OUTPUT_MAX);
	if (run->items == NULL || run->in_turn == NULL || run->output == NULL)
		return error_memory(error);
	if (input_open(&run->input, error) < 0)
		return error_result(error);
	for (size_t i = 0; i < run->count; i++) {
		run->items[i].output = secret_new(1024);
		if (run->items[i].output == NULL)
			return error_memory(error);
		queue_push(&run->free, &run->items[i]);
	}
	if (options->done != NULL && done_open(&run->earlier, options->done, options->bearers, error) < 0)
		return error_result(error);
	if (run->earlier.is_cut && secret_append(run->output, "\n", 1) < 0)
		return error_memory(error);
	/* The key comes last, so that an error here does not cost a login. */
	if (run->sends && (sender_open(&run->sender, run->request, parallel, !options->no_brake, error) < 0 ||
			   limits_open(&run->limits, run->request, error) < 0))
		return error_result(error);
	if (workers_open(&run->workers, run->request, sessions, options->bearers, error) < 0)
		return error_result(error);
	run->sender.keys = workers_key_count(run->workers);
	return identity_bind(run->request->identity, workers_key(run->workers), error);
}

void run_close(struct run *run)
{
	sender_close(&run->sender);
	identity_release(run->request->identity);
	workers_close(&run->workers);
	limits_close(&run->limits);
	for (size_t i = 0; i < run->count && run->items != NULL; i++) {
		line_clear(&run->items[i].line);
		assertion_clear(&run->items[i].assertion);
		secret_free(&run->items[i].output);
		X509_free(run->items[i].certificate);
	}
	secret_free(&run->output);
	input_close(&run->input);
	done_close(&run->earlier);
	free(run->in_turn);
	free(run->items);
}
