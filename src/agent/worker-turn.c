/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is. Workers whose keys may be on one token usually have the same PIN: they start one after the other,
 * and after a refusal, those that have not started do not try theirs, unless a person has typed it. So one wrong PIN is
 * tried once. */
#include "agent/worker.h"

#include "base/message.h"

#include <string.h>

/* The value of an attribute in the path of a key's URI, and its length; NULL: it has none. `name` ends with '='. */
static const char *attribute(const char *key, const char *name, size_t *length)
{
	for (const char *part = key + strcspn(key, ":"); *part == ':' || *part == ';'; part += strcspn(part, ";?")) {
		part++;
		if (strncmp(part, name, strlen(name)) != 0)
			continue;
		part += strlen(name);
		*length = strcspn(part, ";?");
		return part;
	}
	return NULL;
}

/* Whether both keys may be on one token: nothing that both URIs say of it differs. */
static bool share_token(const struct worker *one, const struct worker *other)
{
	static const char *const names[] = { "token=", "manufacturer=", "model=", "serial=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = 0, other_length = 0;
		const char *value = attribute(one->profile->key, names[i], &length);
		const char *other_value = attribute(other->profile->key, names[i], &other_length);

		if (value != NULL && other_value != NULL &&
		    (length != other_length || memcmp(value, other_value, length) != 0))
			return false;
	}
	return true;
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
