/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to workers.c and worker*.c: one worker, and the process that it has while it runs. */
#ifndef P11BEARER_AGENT_WORKER_H
#define P11BEARER_AGENT_WORKER_H

#include "agent/workers.h"

#include <sys/queue.h>

/* --- answers (worker-answer.c) ----------------------------------------------------------------------------------- */

/* An answer, taken apart. */
struct answer {
	unsigned long line, ref;
	bool has_ref;           /* an error may have none */
	const char *members;    /* see struct job; NULL: an error */
	size_t length;
	struct failure failure;
};

/* Reads a line of a worker. Returns -1 if no batch writes such a line. */
int answer_read(struct answer *answer, enum worker_kind kind, const char *text, size_t length);

/* --- the process (worker-process.c, worker-spawn.c, worker-stderr.c) --------------------------------------------- */

enum { SAID_SIZE = 1024 };

/* What a process writes to stderr. */
struct complaints {
	char name[128];         /* of the profile */
	char line[SAID_SIZE];
	size_t length;
	char said[2][SAID_SIZE]; /* the last messages, the newer one last */
};

/* Forwards the bytes, line by line. */
void complaints_take(struct complaints *complaints, const char *text, size_t length);

/* At the end of a process: adds the sentence that explains it, and its hint, if the process has said one. */
void complaints_explain(struct complaints *complaints, struct error *error);

struct process {
	struct process *next;
	struct workers *workers;
	struct worker *worker;  /* NULL: it is to end, and nobody cares about what it says */
	pid_t pid;
	int pidfd, in, out, err;
	struct watch *exit, *write, *read, *complain;
	struct secret *to, *from, *line; /* to write; read, but no full line yet; the line in work */
	struct complaints complaints;
	struct timer kill, look; /* the second one without a pidfd */
};

/* Bytes of an answer: those of a server's, 1 MiB, of which each may be escaped. */
enum { ANSWER_MAX = 4 << 20 };

/* Starts the program: fills `in`, `out` and `err`, our ends of its standard streams, `pid`, and `pidfd`, which is -1 if
 * the kernel has none. `pin` (or -1) becomes its descriptor 4. */
int worker_spawn(const struct worker *worker, int pin, struct process *process, struct error *error);

/* The name by which a worker opens its settings. */
#define WORKER_SETTINGS "/dev/fd/3"

/* Starts a worker's process; `pin` stays the caller's. On failure, *process is NULL. */
int process_start(struct process **process, struct worker *worker, int pin, struct error *error);

/* Sends bytes, later if the pipe is full. Returns -1 if out of memory. */
int process_send(struct process *process, const char *text, size_t length);

void process_kill(struct process *process);

/* Lets the process end; kills it if it takes too long. */
void process_leave(struct process *process);

/* Waits until all have ended. */
void processes_await(struct workers *workers);

/* --- one worker (worker.c) --------------------------------------------------------------------------------------- */

/* Lines that a worker may have at a time. A batch with one session reads 32 * 4 more than it works on, so that there is
 * always room for a ping. */
enum { LINES_MAX = 64, PARALLEL = 32 };

/* A line that the process has not answered. */
struct slot {
	unsigned long line;     /* its number; 0: the slot is free */
	struct job *job;        /* NULL: nobody waits for it any more */
};

/* A job that waits for a slot, with its line. */
struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct job *job;
	size_t length;
	char text[];
};

struct worker {
	struct worker *next;
	struct workers *workers;
	enum worker_kind kind;
	char *text;             /* profile->worker */
	const struct agent_profile *profile; /* the first with this text */
	bool needed;            /* by the current configuration */
	bool asserts;           /* a profile may have assertions */
	enum worker_state state;
	struct process *process;
	int pin;                /* pipe for the next start; -1: none */
	struct unlocking *unlocking;
	struct error last;      /* why it ended */
	const char *verdict;    /* why it was killed; NULL: it was not */
	double delay, due;      /* WORKER_WAITING: milliseconds, and until when */
	double ready_since, heard; /* loop_now */
	int silences;           /* checks since the ping */
	struct timer life;      /* starting takes too long; it is silent; it may start again */
	struct timer impatience; /* the first job is due */
	unsigned long lines;    /* sent to this process */
	unsigned long ping;     /* the last ping's line; 0: it was answered */
	struct slot slots[LINES_MAX];
	size_t busy;            /* slots in use */
	STAILQ_HEAD(waiters, waiting) waiting;
};

struct workers {
	struct loop *loop;
	const struct agent_setup *setup;
	void (*idle)(void *context);
	void *context;
	struct worker *list;
	struct process *processes;
	unsigned long refs, starts;
	double silence;         /* milliseconds: a worker that does not answer for so long is asked, and then killed */
	double delay;           /* milliseconds until a worker starts again, the first time */
	double farewell;        /* milliseconds that a process that is to end may take */
};

/* What the process tells its worker: a line (returns -1 if it is rubbish), and that it has ended, with `code` and
 * `status` of waitid(2), or -1 if that is unknown. */
int worker_line(struct worker *worker, const char *text, size_t length);
void worker_ended(struct worker *worker, struct process *process, int code, int status);

/* Kills the process; worker_ended follows. `why` (static) becomes the reason. */
void worker_kill(struct worker *worker, const char *why);

/* The process has answered a ping. */
void worker_is_ready(struct worker *worker);

/* Watches that a worker with lines answers. */
void worker_watch(struct worker *worker);

/* The timer `life`. */
void worker_lives(void *context);

/* Wants the worker to run. Call workers_start_next then. */
void worker_start(struct worker *worker);

/* Ends the process, if there is one, and fails all jobs and the unlocking. The worker is in `state` then. */
void worker_stop(struct worker *worker, enum worker_state state, const struct failure *failure);

/* Lets a worker that is down start with its next job. */
void worker_rest(struct worker *worker);

/* Why a worker that does not run fails its jobs. */
void worker_failure(const struct worker *worker, struct failure *failure);

/* Runs the process. */
void worker_run(struct worker *worker);

/* The worker has ended, or could not start. `may_retry`: no try of the PIN was used up. */
void worker_down(struct worker *worker, const struct error *why, bool may_retry);

/* --- whose turn it is (worker-turn.c) ---------------------------------------------------------------------------- */

/* Starts those that may start now. */
void workers_start_next(struct workers *workers);

/* After a refused PIN: those on the same token that have not started do not try theirs. */
void workers_spare(struct worker *refused);

/* Calls `idle` if no worker is left that could serve. */
void workers_check_idle(struct workers *workers);

/* --- jobs (worker-jobs.c) ---------------------------------------------------------------------------------------- */

/* Whether a batch takes a line with these members. */
bool worker_line_fits(const char *members);

/* Sends a ping: a line that a batch answers at once, with an error. */
void worker_ping(struct worker *worker);

/* Sends waiting jobs, as many as there are slots. */
void worker_send_waiting(struct worker *worker);

/* Sends a job, when there is a slot. Returns -1 if out of memory. */
int worker_take(struct worker *worker, const char *members, struct job *job);
void worker_cancel(struct worker *worker, struct job *job);
bool worker_withdraw(struct worker *worker, struct job *job); /* see agent_workers_withdraw */

/* Fails all jobs. */
void worker_fail_jobs(struct worker *worker, const struct failure *failure);

/* The timer `impatience`. */
void worker_expire(void *context);

#endif
