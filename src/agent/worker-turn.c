/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is. Workers whose keys are on one token usually have the same PIN: they start one after the other, and
 * after a refusal, those that have not started do not try theirs, unless a person has typed it. So one wrong PIN is
 * tried once. */
#include "agent/worker.h"

#include "base/message.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 1024 };

/* Copies the parts of a key's URI that may tell its token. */
static void name_token(const char *key, char name[NAME_SIZE])
{
	static const char *const others[] = { "object=", "id=", "type=" };
	enum { OTHERS = sizeof(others) / sizeof(others[0]) };
	const char *part = key != NULL ? key : "";
	size_t used = 0;

	part += strncmp(part, "pkcs11:", strlen("pkcs11:")) == 0 ? strlen("pkcs11:") : 0;
	for (name[0] = '\0'; *part != '\0' && *part != '?'; part += *part == ';' ? 1 : 0) {
		size_t length = strcspn(part, ";?"), i = 0;

		while (i < OTHERS && strncmp(part, others[i], strlen(others[i])) != 0)
			i++;
		if (i == OTHERS && used + length + 2 <= NAME_SIZE)
			used += (size_t)snprintf(name + used, NAME_SIZE - used, "%.*s;", (int)length, part);
		part += length;
	}
}

static bool share_token(const struct worker *one, const struct worker *other)
{
	char names[2][NAME_SIZE];

	name_token(one->profile->key, names[0]);
	name_token(other->profile->key, names[1]);
	return strcmp(names[0], names[1]) == 0;
}

static bool has_turn(const struct worker *worker)
{
	for (const struct worker *other = worker->workers->list; other != NULL; other = other->next) {
		if (other->state == WORKER_STARTING && (other->process != NULL || other->kind < worker->kind) &&
		    share_token(worker, other))
			return false;
	}
	return true;
}

void workers_start_next(struct workers *workers)
{
	struct worker *worker = workers->list;

	while (worker != NULL) {
		if (worker->state == WORKER_STARTING && worker->process == NULL && has_turn(worker)) {
			worker_run(worker);
			worker = workers->list; /* a callback may have changed any of them */
		} else {
			worker = worker->next;
		}
	}
}

static bool share_pin(const struct worker *one, const struct worker *other)
{
	return strcmp(one->text, other->text) == 0 ||
	       (!one->profile->prompt && !other->profile->prompt && share_token(one, other));
}

void workers_spare(struct worker *refused)
{
	struct worker *worker = refused->workers->list;
	struct failure failure;

	while (worker != NULL) {
		bool waits = (worker->state == WORKER_STARTING && worker->process == NULL) ||
			     worker->state == WORKER_WAITING;

		if (!waits || worker == refused || !share_pin(worker, refused)) {
			worker = worker->next;
			continue;
		}
		failure_set(&failure, FAILURE_WORKER, ERROR_PIN, 0, "the PIN is not tried, because the token has just "
			    "refused that of the profile %.100s", refused->profile->name);
		error_hint(&failure.error, "check the PIN, then run: p11bearer agent unlock %.100s",
			   worker->profile->name);
		worker_stop(worker, worker->profile->prompt ? WORKER_LOCKED : WORKER_REFUSED, &failure);
		worker->last = failure.error;
		if (worker->profile != refused->profile)
			message_warn("%s: %s", worker->profile->name, failure.error.text);
		worker = refused->workers->list;
	}
}

void workers_check_idle(struct workers *workers)
{
	bool any = false;

	for (const struct worker *worker = workers->list; worker != NULL; worker = worker->next) {
		if (worker->kind == WORKER_BEARERS && worker->state != WORKER_REFUSED)
			return;
		any = true;
	}
	if (any)
		workers->idle(workers->context);
}
