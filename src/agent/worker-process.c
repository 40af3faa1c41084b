/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's process and its pipes. */
#include "agent/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHUNK = 16384,
	CHUNKS = 16,        /* at a time, so that others have their turn */
	CHUNKS_LAST = 1024, /* after the end: more than a pipe holds, but not all that a child left behind may write */
	KILLED_MS = 100,
	LOOK_MS = 50,       /* without a pidfd */
};

/* --- out --------------------------------------------------------------------------------------------------------- */

static void close_end(int *fd, struct watch **watch)
{
	loop_watch_end(watch);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void flush(struct process *process)
{
	while (secret_length(process->to) > 0) {
		ssize_t written = write(process->in, secret_data(process->to), secret_length(process->to));

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno != EAGAIN) {
			close_end(&process->in, &process->write); /* it closed its stdin: its end follows */
			return;
		}
		if (written < 0)
			break;
		secret_drop(process->to, (size_t)written);
	}
	loop_watch_change(process->write, secret_length(process->to) > 0 ? EPOLLOUT : 0);
}

static void is_writable(void *context, uint32_t events)
{
	struct process *process = context;

	if ((events & EPOLLERR) != 0)
		close_end(&process->in, &process->write);
	else
		flush(process);
}

int process_send(struct process *process, const char *text, size_t length)
{
	if (process->in < 0)
		return 0;
	if (secret_append(process->to, text, length) < 0)
		return -1;
	flush(process);
	return 0;
}

/* --- in ---------------------------------------------------------------------------------------------------------- */

/* Whether what the process writes still counts. */
static bool is_heard(const struct process *process)
{
	return process->worker != NULL && process->worker->verdict == NULL;
}

/* Passes the full lines on. Stops if the worker has given the process up. */
static void take_lines(struct process *process)
{
	const char *begin = secret_data(process->from), *end;
	size_t length = secret_length(process->from), used = 0;

	while (is_heard(process) && (end = memchr(begin + used, '\n', length - used)) != NULL) {
		size_t part = (size_t)(end - begin) - used;

		secret_truncate(process->line, 0);
		if (secret_append(process->line, begin + used, part) < 0)
			worker_kill(process->worker, "memory is exhausted");
		else if (worker_line(process->worker, secret_data(process->line), part) < 0)
			worker_kill(process->worker, "it wrote a line that is no answer");
		used += part + 1;
	}
	secret_truncate(process->line, 0);
	secret_drop(process->from, used);
	if (is_heard(process) && secret_length(process->from) > ANSWER_MAX)
		worker_kill(process->worker, "it wrote an answer that is too long");
}

/* Reads up to `chunks`. What nobody cares about is read too, so that the process can end. */
static void read_answers(struct process *process, int chunks)
{
	for (int i = 0; i < chunks; i++) {
		char *place = secret_extend(process->from, CHUNK);
		size_t before = secret_length(process->from) - CHUNK;
		ssize_t got = place != NULL ? read(process->out, place, CHUNK) : 0;

		if (place == NULL)
			return;
		secret_truncate(process->from, before + (got > 0 ? (size_t)got : 0));
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			close_end(&process->out, &process->read);
		if (got <= 0)
			return;
		if (is_heard(process))
			take_lines(process);
		if (!is_heard(process))
			secret_truncate(process->from, 0);
	}
}

static void read_complaints(struct process *process, int chunks)
{
	char text[4096];

	for (int i = 0; i < chunks; i++) {
		ssize_t got = read(process->err, text, sizeof(text));

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			close_end(&process->err, &process->complain);
		if (got <= 0)
			return;
		complaints_take(&process->complaints, text, (size_t)got);
	}
}

static void is_readable(void *context, uint32_t events)
{
	(void)events;
	read_answers(context, CHUNKS);
}

static void complains(void *context, uint32_t events)
{
	(void)events;
	read_complaints(context, CHUNKS);
}

/* --- start and end ----------------------------------------------------------------------------------------------- */

static void free_process(struct process *process)
{
	struct process **place = &process->workers->processes;

	while (*place != NULL && *place != process)
		place = &(*place)->next;
	if (*place == process)
		*place = process->next;
	timer_clear(process->workers->loop, &process->kill);
	timer_clear(process->workers->loop, &process->look);
	close_end(&process->in, &process->write);
	close_end(&process->out, &process->read);
	close_end(&process->err, &process->complain);
	close_end(&process->pidfd, &process->exit);
	secret_free(&process->to);
	secret_free(&process->from);
	secret_free(&process->line);
	free(process);
}

static void has_ended(void *context, uint32_t events)
{
	struct process *process = context;
	siginfo_t info = { .si_pid = 0 };
	struct worker *worker;
	int known = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG);

	(void)events;
	if (known == 0 && info.si_pid == 0)
		return;
	process->pid = -1;
	loop_watch_end(&process->exit);
	if (process->out >= 0)
		read_answers(process, CHUNKS_LAST);
	if (process->err >= 0)
		read_complaints(process, CHUNKS_LAST);
	worker = process->worker;
	process->worker = NULL;
	if (worker != NULL)
		worker_ended(worker, process, known == 0 ? info.si_code : -1, info.si_status);
	free_process(process);
}

static void look(void *context)
{
	struct process *process = context;
	struct loop *loop = process->workers->loop;

	(void)timer_set(loop, &process->look, loop_now(loop) + (double)LOOK_MS);
	has_ended(process, 0);
}

void process_kill(struct process *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGKILL);
}

static void is_late(void *context)
{
	process_kill(context);
}

void process_leave(struct process *process)
{
	struct loop *loop = process->workers->loop;

	process->worker = NULL;
	close_end(&process->in, &process->write);
	if (process->pid > 0)
		kill(process->pid, SIGTERM);
	if (timer_set(loop, &process->kill, loop_now(loop) + process->workers->farewell) < 0)
		process_kill(process);
}

void processes_await(struct workers *workers)
{
	double end = clock_boot_ms() + workers->farewell;

	while (workers->processes != NULL) {
		struct process *process = workers->processes;
		struct pollfd exit = { .fd = process->pidfd, .events = POLLIN };
		double left = end - clock_boot_ms();

		/* It may wait for room in a pipe. */
		close_end(&process->out, &process->read);
		close_end(&process->err, &process->complain);
		(void)poll(&exit, 1, left <= 0 ? KILLED_MS : process->pidfd >= 0 ? (int)left + 1 : LOOK_MS);
		if (clock_boot_ms() >= end)
			process_kill(process);
		has_ended(process, 0);
	}
}

/* Some sandboxes and valgrind know no pidfd. */
static bool watch_end_of(struct process *process)
{
	struct loop *loop = process->workers->loop;

	if (process->pidfd < 0)
		return timer_set(loop, &process->look, loop_now(loop) + (double)LOOK_MS) == 0;
	process->exit = loop_watch(loop, process->pidfd, EPOLLIN, has_ended, process);
	return process->exit != NULL;
}

int process_start(struct process **started, struct worker *worker, int pin, struct error *error)
{
	struct workers *workers = worker->workers;
	struct process *process = calloc(1, sizeof(*process));
	int result;

	*started = NULL;
	if (process == NULL)
		return error_memory(error);
	process->workers = workers;
	process->in = process->out = process->err = process->pidfd = process->pid = -1;
	process->kill = (struct timer){ .call = is_late, .context = process };
	process->look = (struct timer){ .call = look, .context = process };
	process->to = secret_new(0);
	process->from = secret_new(CHUNK);
	process->line = secret_new(0);
	snprintf(process->complaints.name, sizeof(process->complaints.name), "%s", worker->profile->name);
	result = process->to != NULL && process->from != NULL && process->line != NULL ?
			 worker_spawn(worker, pin, process, error) : error_memory(error);
	if (result < 0) {
		free_process(process);
		return result;
	}
	process->worker = worker;
	process->next = workers->processes;
	workers->processes = process;
	process->write = loop_watch(workers->loop, process->in, 0, is_writable, process);
	process->read = loop_watch(workers->loop, process->out, EPOLLIN, is_readable, process);
	process->complain = loop_watch(workers->loop, process->err, EPOLLIN, complains, process);
	if (watch_end_of(process) && process->write != NULL && process->read != NULL && process->complain != NULL) {
		*started = process;
		return 0;
	}
	process_kill(process);
	waitid(P_PID, (id_t)process->pid, &(siginfo_t){ .si_pid = 0 }, WEXITED);
	free_process(process);
	return error_memory(error);
}
