/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the items of users who may not log in now from wherever they wait. */
#include "batch/limit.h"

#include "base/clock.h"

void item_free(struct item *item, struct queue *free)
{
	line_clear(&item->line);
	assertion_wipe(&item->assertion);
	queue_push(free, item);
}

/* Keeps in the queue what may go on. `sender` is where the others no longer count as being signed again; or NULL. */
static void sift(struct limits *limits, struct queue *queue, struct sender *sender, struct queue *free, struct queue *done)
{
	struct queue all = *queue;
	struct item *item;

	*queue = (struct queue){ .first = NULL };
	while ((item = queue_pop(&all)) != NULL) {
		enum limits_verdict verdict = limits_admit(limits, item, clock_ms());

		if (verdict == LIMITS_GO) {
			queue_push(queue, item);
			continue;
		}
		if (sender != NULL)
			sender_signed(sender, item);
		if (verdict == LIMITS_KEPT)
			item_free(item, free);
		else
			queue_push(done, item);
	}
}

void limits_apply(struct limits *limits, struct workers *workers, struct sender *sender, struct queue *free,
		  struct queue *done)
{
	struct queue ended = *done, to_sign = { .first = NULL };
	struct item *item;

	*done = (struct queue){ .first = NULL };
	while ((item = queue_pop(&ended)) != NULL) {
		if (limits_learn(limits, item, clock_ms()) == LIMITS_KEPT)
			item_free(item, free);
		else
			queue_push(done, item);
	}
	if (!limits_has_news(limits))
		return;
	sift(limits, &sender->ready, NULL, free, done);
	sift(limits, &sender->waiting, NULL, free, done);
	while ((item = workers_take_back(workers)) != NULL)
		queue_push(&to_sign, item);
	sift(limits, &to_sign, sender, free, done);
	while ((item = queue_pop(&to_sign)) != NULL)
		workers_give(workers, item);
}
