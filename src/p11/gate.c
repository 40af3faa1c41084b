/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/gate.h"

#include "base/clock.h"
#include "process/interrupt.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static const double MOMENT_MS = 100;

struct gate {
	pthread_mutex_t lock; /* of the fields below */
	pthread_cond_t moved;
	unsigned inside;
	atomic_bool closed, cut_short; /* read without the lock */
	bool alone;          /* a thread is inside alone */
	unsigned generation; /* recoveries that succeeded */
	struct error gone;   /* class ERROR_NONE: it is not */
	bool abandoned;
};

struct gate *gate_new(void)
{
	struct gate *gate = calloc(1, sizeof(*gate));
	pthread_condattr_t attributes;

	if (gate == NULL)
		return NULL;
	pthread_mutex_init(&gate->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&gate->moved, &attributes);
	pthread_condattr_destroy(&attributes);
	return gate;
}

void gate_free(struct gate **gate)
{
	if (*gate == NULL)
		return;
	pthread_cond_destroy(&(*gate)->moved);
	pthread_mutex_destroy(&(*gate)->lock);
	free(*gate);
	*gate = NULL;
}

unsigned gate_enter(struct gate *gate)
{
	unsigned generation;

	pthread_mutex_lock(&gate->lock);
	while (gate->closed || gate->alone)
		pthread_cond_wait(&gate->moved, &gate->lock);
	gate->inside++;
	generation = gate->generation;
	pthread_mutex_unlock(&gate->lock);
	return generation;
}

void gate_leave(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->inside--;
	if ((gate->closed || gate->alone) && gate->inside == 0)
		pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

/* Waits, with the lock held, until the gate moves, until `end` (clock_ms), or for a moment: a signal moves nothing. */
static void wait_until(struct gate *gate, double end)
{
	double next = clock_ms() + MOMENT_MS;
	struct timespec until;

	if (next > end)
		next = end;
	until.tv_sec = (time_t)(next / 1e3);
	until.tv_nsec = (long)((next - (double)until.tv_sec * 1e3) * 1e6);
	pthread_cond_timedwait(&gate->moved, &gate->lock, &until);
}

bool gate_enter_alone(struct gate *gate, unsigned *generation)
{
	bool cut_short = false;

	pthread_mutex_lock(&gate->lock);
	while ((gate->closed || gate->alone) && !cut_short) {
		wait_until(gate, HUGE_VAL);
		cut_short = gate->closed && interrupt_signal() != 0;
	}
	if (!cut_short)
		gate->alone = true;
	while (!cut_short && gate->inside > 0)
		pthread_cond_wait(&gate->moved, &gate->lock);
	*generation = gate->generation;
	pthread_mutex_unlock(&gate->lock);
	return !cut_short;
}

void gate_leave_alone(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->alone = false;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

bool gate_close(struct gate *gate, unsigned generation)
{
	bool closes;

	pthread_mutex_lock(&gate->lock);
	while (gate->closed || gate->alone)
		pthread_cond_wait(&gate->moved, &gate->lock);
	closes = gate->generation == generation && gate->gone.class == ERROR_NONE;
	gate->closed = closes;
	while (closes && gate->inside > 0)
		pthread_cond_wait(&gate->moved, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
	return closes;
}

/* With the lock held. */
static void fail(struct gate *gate, const struct error *why)
{
	if (gate->gone.class == ERROR_NONE) {
		gate->gone = *why;
		gate->gone.code = 0; /* no loss that another try could recover */
	}
}

void gate_open(struct gate *gate, const struct error *failed)
{
	pthread_mutex_lock(&gate->lock);
	gate->closed = gate->alone = false;
	if (failed != NULL)
		fail(gate, failed);
	else
		gate->generation++;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

bool gate_wait(struct gate *gate, double milliseconds)
{
	double end = clock_ms() + milliseconds;
	bool waited;

	pthread_mutex_lock(&gate->lock);
	while (!gate->abandoned && interrupt_signal() == 0 && clock_ms() < end)
		wait_until(gate, end);
	waited = !gate->abandoned && interrupt_signal() == 0;
	if (!waited)
		gate->cut_short = true;
	pthread_mutex_unlock(&gate->lock);
	return waited;
}

void gate_abandon(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->abandoned = true;
	pthread_cond_broadcast(&gate->moved);
	pthread_mutex_unlock(&gate->lock);
}

bool gate_was_abandoned(const struct gate *gate)
{
	return gate->cut_short;
}

void gate_fail(struct gate *gate, const struct error *why)
{
	pthread_mutex_lock(&gate->lock);
	fail(gate, why);
	pthread_mutex_unlock(&gate->lock);
}

bool gate_has_failed(struct gate *gate, struct error *why)
{
	bool gone;

	pthread_mutex_lock(&gate->lock);
	gone = gate->gone.class != ERROR_NONE;
	if (gone && why != NULL)
		*why = gate->gone;
	pthread_mutex_unlock(&gate->lock);
	return gone;
}

bool gate_is_closed(const struct gate *gate)
{
	return gate->closed;
}
