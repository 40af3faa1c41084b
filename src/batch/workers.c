/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that sign, each with its own session. The lock protects the queues and the fields after them, and is held
 * only while an item moves. */
#include "batch/internal.h"

#include "base/clock.h"
#include "base/message.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { LATER_MS = 10 }; /* longest delay of a wake-up */

struct worker {
	struct workers *workers;
	struct signer signer;
	pthread_t thread;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct queue to_sign, done;
	bool ending;
	size_t count;           /* of the workers in `list` */
	enum { AWAKE, WAITS, WOKEN_LATER } waiter; /* the main thread; WOKEN_LATER: the timer is set */
	/* Not protected: constant, or used by the main thread only. */
	int descriptor;         /* of the timer that wakes the main thread */
	bool prompt;
	size_t wanted_sessions;
	bool settled;           /* the number of workers is final */
	size_t given;           /* items not taken back yet */
	struct worker list[P11_SESSIONS_MAX];
};

/* --- the threads ------------------------------------------------------------------------------------------------- */

/* Wakes the main thread when an item is done. With many sessions, a wake-up takes as long as several signatures, so it
 * is delayed while the workers have enough to do. Call with the lock held. */
static void wake(struct workers *workers)
{
	bool hurry = workers->prompt || workers->to_sign.count <= workers->count * AHEAD / 4;
	const struct itimerspec when = { .it_value.tv_nsec = hurry ? 1 : LATER_MS * 1000000L };

	if (workers->waiter == AWAKE || (workers->waiter == WOKEN_LATER && !hurry))
		return;
	(void)timerfd_settime(workers->descriptor, 0, &when, NULL);
	workers->waiter = hurry ? AWAKE : WOKEN_LATER;
}

/* Returns an item to the queues, to be signed once more if `again`, and waits for the next. NULL: the run ends. */
static struct item *next(struct workers *workers, struct item *item, bool again)
{
	pthread_mutex_lock(&workers->lock);
	if (item != NULL) {
		queue_push(again ? &workers->to_sign : &workers->done, item);
		if (!again)
			wake(workers);
	}
	item = NULL;
	while (!workers->ending && (item = queue_pop(&workers->to_sign)) == NULL)
		pthread_cond_wait(&workers->wanted, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
	return item;
}

static void give(struct workers *workers, struct item *item)
{
	pthread_mutex_lock(&workers->lock);
	queue_push(&workers->to_sign, item);
	pthread_cond_signal(&workers->wanted);
	pthread_mutex_unlock(&workers->lock);
}

/* A worker that cannot reopen its session after a loss ends, and leaves its item to the others. The first worker stays
 * until the run ends. */
static void *work(void *context)
{
	struct worker *worker = context;
	struct workers *workers = worker->workers;
	struct p11_key *key = workers_key(workers);
	const struct p11_signer *signer = worker->signer.keys[0].p11;
	struct item *item = NULL;
	bool again = false;

	while ((item = next(workers, item, again)) != NULL) {
		if (item->asks) {
			item->certificate = signer_certificate(&worker->signer, item->assertion.key, NULL);
			again = false;
			continue;
		}
		item->result = assertion_make(&worker->signer, item->turn.key, &item->line.request, &item->assertion,
					      &item->error);
		item->cut_short = item->result < 0 && p11_key_was_abandoned(key);
		again = item->result < 0 && !p11_signer_has_session(signer) && !p11_key_is_gone(key, NULL);
		if (again && worker != &workers->list[0]) {
			give(workers, item);
			return NULL;
		}
	}
	return NULL;
}

/* Returns an errno. The main thread handles signals. */
static int start(struct worker *worker)
{
	sigset_t quiet, before;
	int failure;

	sigemptyset(&quiet);
	sigaddset(&quiet, SIGINT);
	sigaddset(&quiet, SIGTERM);
	sigaddset(&quiet, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &quiet, &before);
	failure = pthread_create(&worker->thread, NULL, work, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failure;
}

/* --- how many ---------------------------------------------------------------------------------------------------- */

int workers_open(struct workers **workers, const struct bearer_request *request, size_t sessions, bool prompt,
		 struct error *error)
{
	struct workers *new = calloc(1, sizeof(*new));
	int result;

	*workers = new;
	if (new == NULL)
		return error_memory(error);
	pthread_mutex_init(&new->lock, NULL);
	pthread_cond_init(&new->wanted, NULL);
	new->prompt = prompt;
	new->wanted_sessions = sessions;
	new->descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	new->list[0].workers = new;
	result = signer_open(&new->list[0].signer, request, error);
	if (result == 0)
		result = signer_prepare(&new->list[0].signer, error);
	if (result == 0 && new->descriptor < 0)
		result = error_set(error, ERROR_UNEXPECTED, "no descriptor is left: %s", strerror(EMFILE));
	if (result == 0 && (errno = start(&new->list[0])) != 0)
		result = error_set(error, ERROR_UNEXPECTED, "cannot start a thread: %s", strerror(errno));
	if (result == 0)
		new->count = 1;
	else
		signer_close(&new->list[0].signer);
	return result;
}

struct p11_key *workers_key(const struct workers *workers)
{
	return workers->list[0].signer.keys[0].key;
}

size_t workers_key_count(const struct workers *workers)
{
	return workers->list[0].signer.count;
}

/* Opens the other sessions, as many as the token allows. Call it after the first assertion, while its worker idles. */
static void settle(struct workers *workers, double taken)
{
	const struct signer_key *key = &workers->list[0].signer.keys[0];
	const char *why = p11_key_single(key->key);

	workers->settled = true;
	if (why == NULL && taken > (double)P11_TOUCH_MS && p11_signer_recoveries(key->p11) == 0)
		why = "the first signature took so long that it may have needed a touch";
	if (why != NULL && workers->wanted_sessions > 1) {
		message_note("using one session with the token: %s", why);
		return;
	}
	while (workers->count < workers->wanted_sessions) {
		struct worker *worker = &workers->list[workers->count];

		worker->workers = workers;
		if (!signer_another(&workers->list[0].signer, &worker->signer))
			break;
		if (start(worker) != 0) {
			signer_close(&worker->signer);
			break;
		}
		pthread_mutex_lock(&workers->lock);
		workers->count++;
		pthread_mutex_unlock(&workers->lock);
	}
	message_step("%zu session%s with the token", workers->count, workers->count == 1 ? "" : "s");
}

void workers_close(struct workers **workers)
{
	struct workers *old = *workers;

	if (old == NULL)
		return;
	pthread_mutex_lock(&old->lock);
	old->ending = true;
	pthread_cond_broadcast(&old->wanted);
	pthread_mutex_unlock(&old->lock);
	for (size_t i = 0; i < old->count; i++)
		pthread_join(old->list[i].thread, NULL);
	while (old->count > 0)
		signer_close(&old->list[--old->count].signer);
	if (old->descriptor >= 0)
		close(old->descriptor);
	pthread_cond_destroy(&old->wanted);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*workers = NULL;
}

/* --- items in and out -------------------------------------------------------------------------------------------- */

bool workers_are_full(const struct workers *workers)
{
	return workers->given >= (workers->settled ? workers->count * (1 + AHEAD) : 1);
}

bool workers_are_idle(const struct workers *workers)
{
	return workers->given == 0 || workers_recover(workers);
}

void workers_give(struct workers *workers, struct item *item)
{
	item->began = clock_ms();
	workers->given++;
	give(workers, item);
}

static struct item *take(struct workers *workers, struct queue *queue)
{
	struct item *item;

	pthread_mutex_lock(&workers->lock);
	item = queue_pop(queue);
	pthread_mutex_unlock(&workers->lock);
	workers->given -= item != NULL ? 1 : 0;
	return item;
}

struct item *workers_take(struct workers *workers)
{
	struct item *item = take(workers, &workers->done);

	if (item != NULL && !workers->settled && item->result == 0)
		settle(workers, clock_ms() - item->began);
	return item;
}

struct item *workers_take_back(struct workers *workers)
{
	return take(workers, &workers->to_sign);
}

bool workers_await(struct workers *workers)
{
	bool waits;

	pthread_mutex_lock(&workers->lock);
	waits = workers->done.count == 0;
	workers->waiter = waits ? WAITS : AWAKE;
	pthread_mutex_unlock(&workers->lock);
	return waits;
}

int workers_descriptor(const struct workers *workers)
{
	return workers->descriptor;
}

void workers_woken(struct workers *workers)
{
	uint64_t ignored;
	ssize_t got = read(workers->descriptor, &ignored, sizeof(ignored));

	(void)got; /* fails if the timer was set again */
}

bool workers_recover(const struct workers *workers)
{
	return p11_key_is_away(workers->list[0].signer.keys[0].key);
}

void workers_stop_waiting(struct workers *workers)
{
	p11_key_abandon(workers->list[0].signer.keys[0].key);
}

bool workers_lost_key(const struct workers *workers, struct error *why)
{
	return p11_key_is_gone(workers->list[0].signer.keys[0].key, why);
}
