/* SPDX-License-Identifier: Apache-2.0 */
#include "process/disposition.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static struct {
	const int number;
	bool noted;
	struct sigaction action;
} kept[] = { { .number = SIGINT }, { .number = SIGTERM }, { .number = SIGHUP }, { .number = SIGQUIT },
	     { .number = SIGPIPE }, { .number = SIGXFSZ } };
enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void disposition_note(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < KEPT; i++)
		kept[i].noted = sigaction(kept[i].number, NULL, &kept[i].action) == 0;
	pthread_mutex_unlock(&lock);
}

int disposition_set(int number, const struct sigaction *action)
{
	int result;

	pthread_mutex_lock(&lock);
	result = sigaction(number, action, NULL);
	for (size_t i = 0; i < KEPT && result == 0; i++) {
		if (kept[i].number == number)
			kept[i].action = *action;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

void disposition_restore(void)
{
	struct sigaction now;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < KEPT; i++) {
		if (kept[i].noted && sigaction(kept[i].number, NULL, &now) == 0 &&
		    now.sa_handler != kept[i].action.sa_handler)
			(void)sigaction(kept[i].number, &kept[i].action, NULL);
	}
	pthread_mutex_unlock(&lock);
}
