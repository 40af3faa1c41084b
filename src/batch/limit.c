/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/limit-users.h"

#include "base/message.h"
#include "bearer/advice.h"

#include <stdlib.h>
#include <string.h>

enum {
	KEPT_MOST = 16 << 20, /* bytes */
	NAME_SHOWN = 80,      /* bytes of a username in a message */
};

int limits_open(struct limits **limits, const struct bearer_request *request, const char *token_url, struct error *error)
{
	*limits = calloc(1, sizeof(**limits));
	if (*limits == NULL)
		return error_memory(error);
	(*limits)->request = request;
	(*limits)->origin = token_url != NULL ? http_origin(token_url) : NULL;
	for (size_t i = 0; i < STATES; i++)
		TAILQ_INIT(&(*limits)->lists[i]);
	return 0;
}

/* --- lines that are kept ----------------------------------------------------------------------------------------- */

/* As the next of the user's lines, or as the last one. False: memory is out. */
static bool keep(struct limits *limits, struct user *user, const struct item *item, bool next)
{
	const struct line *line = &item->line;
	struct kept *kept = line->raw != NULL ? malloc(sizeof(*kept) + line->length) : NULL;

	if (kept == NULL)
		return false;
	*kept = (struct kept){ .number = item->number, .length = line->length };
	memcpy(kept->text, line->raw, line->length);
	memcpy(kept->user_key, item->user_key, USER_KEY_SIZE);
	if (next || user->first == NULL) {
		kept->next = user->first;
		user->first = kept;
		user->last = kept->next == NULL ? kept : user->last;
	} else {
		user->last->next = kept;
		user->last = kept;
	}
	limits->count++;
	limits->bytes += sizeof(*kept) + kept->length;
	return true;
}

static struct kept *take(struct limits *limits, struct kept **first)
{
	struct kept *kept = *first;

	*first = kept->next;
	kept->next = NULL;
	limits->count--;
	limits->bytes -= sizeof(*kept) + kept->length;
	return kept;
}

struct kept *limits_take(struct limits *limits, double now, bool all)
{
	struct user *user = TAILQ_FIRST(&limits->lists[WAITING]);
	struct kept *kept;

	for (size_t i = 0; i < STATES && all && limits->first == NULL; i++) {
		TAILQ_FOREACH(user, &limits->lists[i], link)
			user_release(limits, user);
	}
	if (limits->first != NULL)
		return take(limits, &limits->first);
	if (all || user == NULL || user->until > now)
		return NULL;
	kept = take(limits, &user->first);
	kept->probe = true;
	user_move(limits, user, PROBING, 0);
	return kept;
}

size_t limits_count(const struct limits *limits)
{
	return limits->count;
}

bool limits_is_full(const struct limits *limits)
{
	return limits->bytes >= KEPT_MOST;
}

double limits_delay(const struct limits *limits, double now)
{
	const struct user *user = TAILQ_FIRST(&limits->lists[WAITING]);

	return user != NULL && user->until > now ? user->until - now : -1;
}

void limits_close(struct limits **limits)
{
	struct limits *old = *limits;
	struct kept *kept;

	if (old == NULL)
		return;
	while ((kept = limits_take(old, 0, true)) != NULL)
		free(kept);
	for (size_t i = 0; i < STATES; i++) {
		while (!TAILQ_EMPTY(&old->lists[i]))
			user_forget(old, TAILQ_FIRST(&old->lists[i]));
	}
	free(old->origin);
	free(old);
	*limits = NULL;
}

/* --- items ------------------------------------------------------------------------------------------------------- */

bool limits_has_news(struct limits *limits)
{
	bool news = limits->news;

	limits->news = false;
	return news;
}

enum limits_verdict limits_admit(struct limits *limits, struct item *item, double now)
{
	struct user *user = user_find(limits, item, now);

	if (user == NULL || item->probe)
		return LIMITS_GO;
	if (user->state != BLOCKED && keep(limits, user, item, false))
		return LIMITS_KEPT;
	item->result = error_set(&item->error, ERROR_ORG, "not sent: the org has refused the user %.*s for line %lu: "
				 "login rate exceeded", NAME_SHOWN, item->line.request.username, user->number);
	advice_hint(salesforce_advice("", "login rate exceeded"), user->retry_after, &item->error);
	return LIMITS_FAILED;
}

/* Told once for each user, when the first line is refused, and once more if the wait was in vain. */
static void tell(const struct limits *limits, const struct user *user, const struct item *item, double wait)
{
	const char *name = item->line.request.username;
	long minutes = ((user->retry_after > 0 ? user->retry_after : LIMIT_HOUR) + 59) / 60;

	if (wait >= 0 && user->limit.refused == 1)
		message_note("line %lu, user %.*s: %s; the user's lines wait for up to %ld s (--rate-wait), and one is "
			     "tried in %.0f s", item->number, NAME_SHOWN, name, item->error.text,
			     limits->request->rate_wait, wait / 1e3);
	else if (wait >= 0)
		message_step("line %lu, user %.*s: %s; trying again in %.0f s", item->number, NAME_SHOWN, name,
			     item->error.text, wait / 1e3);
	else
		message_note("line %lu, user %.*s: %s; the user's further lines fail at once for %ld minute%s", item->number,
			     NAME_SHOWN, name, item->error.text, minutes, minutes == 1 ? "" : "s");
}

/* The org has refused the item's user. */
static enum limits_verdict refused(struct limits *limits, struct item *item, double now)
{
	struct user *user = user_find(limits, item, now);
	bool decides = user == NULL || item->probe;
	double wait;

	if (user == NULL)
		user = user_add(limits, item);
	if (user == NULL || user->state == BLOCKED)
		return LIMITS_GO;
	if (!decides) /* it was sent before the limit was known */
		return keep(limits, user, item, false) ? LIMITS_KEPT : LIMITS_GO;
	user->retry_after = item->retry_after;
	wait = limit_wait(&user->limit, limits->request->rate_wait, item->retry_after, now);
	tell(limits, user, item, wait);
	if (wait >= 0 && keep(limits, user, item, true)) {
		user_move(limits, user, WAITING, now + wait);
		return LIMITS_KEPT;
	}
	user_release(limits, user);
	user_move(limits, user, BLOCKED, now + (double)(item->retry_after > 0 ? item->retry_after : LIMIT_HOUR) * 1e3);
	return LIMITS_GO;
}

enum limits_verdict limits_learn(struct limits *limits, struct item *item, double now)
{
	bool limited = item->limited, probe = item->probe;
	struct user *user;

	item->limited = false;
	if (limited)
		return refused(limits, item, now);
	item->probe = false;
	if (!probe || (user = user_find(limits, item, now)) == NULL || user->state != PROBING)
		return LIMITS_GO;
	if (item->result == 0 || user->first == NULL)
		user_forget(limits, user);
	else
		user_move(limits, user, WAITING, now); /* it says nothing of the limit: the next one may */
	return LIMITS_GO;
}
