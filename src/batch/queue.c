/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/internal.h"

#include <stddef.h>

void queue_push(struct queue *queue, struct item *item)
{
	item->next = NULL;
	if (queue->first == NULL)
		queue->first = item;
	else
		queue->last->next = item;
	queue->last = item;
	queue->count++;
}

struct item *queue_pop(struct queue *queue)
{
	struct item *item = queue->first;

	if (item == NULL)
		return NULL;
	queue->first = item->next;
	queue->count--;
	return item;
}
