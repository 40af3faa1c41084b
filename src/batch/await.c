/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for events. Only the progress display wakes the run at intervals. */
#include "batch/run.h"

#include "base/clock.h"
#include "oauth/http.h"
#include "process/interrupt.h"
#include "process/output.h"

#include <poll.h>
#include <unistd.h>

/* The shorter of two waits in milliseconds; negative: forever. */
static double shorter(double one, double other)
{
	if (one < 0 || other < 0)
		return one < 0 ? other : one;
	return one < other ? one : other;
}

/* Milliseconds until there is work even if no event arrives; negative: forever. */
static double idle_time(struct run *run)
{
	bool sends = run->sends && run->stop.class == ERROR_NONE && !run_is_stuck(run);
	double now = clock_ms(), idle = report_progress(&run->report, &run->input);

	if (sends)
		idle = shorter(idle, sender_delay(&run->sender, now));
	return run->limits != NULL ? shorter(idle, limits_delay(run->limits, now)) : idle;
}

int run_await(struct run *run, struct error *error)
{
	enum { WORKERS, SIGNAL, INPUT, OUTPUT, ALL };
	struct pollfd ready[ALL] = {
		[WORKERS] = { .fd = workers_descriptor(run->workers), .events = POLLIN },
		[SIGNAL] = { .fd = run->signal == 0 ? interrupt_descriptor() : -1, .events = POLLIN },
		[INPUT] = { .fd = -1, .events = POLLIN },
		[OUTPUT] = { .fd = -1, .events = POLLOUT },
	};
	double idle = idle_time(run);
	int wait = idle < 0 ? -1 : (int)idle + 1;

	if (secret_length(run->output) > 0)
		ready[OUTPUT].fd = output_descriptor();
	if (run->hungry)
		ready[INPUT].fd = STDIN_FILENO;
	else if (run->stop.class == ERROR_NONE && run->sends && brake_is_spent(&run->sender.brake))
		ready[INPUT].fd = input_closing(&run->input);
	if (!workers_await(run->workers))
		return 0;
	if (run->sends && workers_are_idle(run->workers))
		http_pool_rest(run->sender.pool);
	if (run->sends)
		http_pool_wait(run->sender.pool, ready, ALL, wait);
	if (poll(ready, ALL, run->sends ? 0 : wait) <= 0)
		return 0;
	if (ready[WORKERS].revents != 0)
		workers_woken(run->workers);
	return run->hungry && ready[INPUT].revents != 0 ? input_fill(&run->input, error) : 0;
}
