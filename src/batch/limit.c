/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/limit.h"

#include "base/message.h"
#include "bearer/advice.h"
#include "bearer/limit.h"

#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
	USERS_MOST = 65536,
	KEPT_MOST = 16 << 20, /* bytes */
	NAME_SHOWN = 80,      /* bytes of a username in a message */
};

enum state { BLOCKED, WAITING, PROBING, STATES };

struct user {
	TAILQ_ENTRY(user) link; /* in the list of its state; WAITING and BLOCKED are in the order of `until` */
	unsigned char key[USER_KEY_SIZE];
	enum state state;
	double until;           /* of BLOCKED and WAITING */
	struct limit limit;
	unsigned long number;   /* of the line that met it first */
	long retry_after;       /* what the org asked for last, or -1 */
	struct kept *first, *last;
};
TAILQ_HEAD(users, user);

struct limits {
	const struct bearer_request *request;
	char *origin;         /* of the run's token endpoint, or NULL */
	void *tree;           /* of all users, by key: tsearch(3) */
	size_t users;
	struct users lists[STATES];
	struct kept *first, *last; /* lines that are to go on: their user may log in again, or they are to fail */
	size_t count, bytes;  /* of all lines that are kept */
	bool news;
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

/* --- users ------------------------------------------------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
	return memcmp(((const struct user *)one)->key, ((const struct user *)other)->key, USER_KEY_SIZE);
}

static void hash_lower(EVP_MD_CTX *hash, const char *text)
{
	for (; *text != '\0'; text++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		EVP_DigestUpdate(hash, &c, 1);
	}
	EVP_DigestUpdate(hash, "", 1);
}

/* The key of the item's user, made once for each line. False: memory is out. */
static bool make_key(const struct limits *limits, struct item *item)
{
	char *origin = item->line.token_url != NULL ? http_origin(item->line.token_url) : NULL;
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (item->has_user_key || hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		goto out;
	if (origin != NULL || limits->origin != NULL)
		hash_lower(hash, origin != NULL ? origin : limits->origin);
	hash_lower(hash, item->line.request.username);
	item->has_user_key = EVP_DigestFinal_ex(hash, item->user_key, NULL) == 1;
out:
	EVP_MD_CTX_free(hash);
	free(origin);
	return item->has_user_key;
}

static void move(struct limits *limits, struct user *user, enum state state, double until)
{
	struct users *list = &limits->lists[state];
	struct user *before;

	TAILQ_REMOVE(&limits->lists[user->state], user, link);
	user->state = state;
	user->until = until;
	/* Mostly it is the last: then this is no search. */
	before = TAILQ_LAST(list, users);
	while (before != NULL && before->until > until)
		before = TAILQ_PREV(before, users, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(list, before, user, link);
	else
		TAILQ_INSERT_HEAD(list, user, link);
}

/* The lines of the user are to go on. */
static void release(struct limits *limits, struct user *user)
{
	if (user->first == NULL)
		return;
	if (limits->first == NULL)
		limits->first = user->first;
	else
		limits->last->next = user->first;
	limits->last = user->last;
	user->first = user->last = NULL;
}

static void forget(struct limits *limits, struct user *user)
{
	release(limits, user);
	tdelete(user, &limits->tree, compare);
	TAILQ_REMOVE(&limits->lists[user->state], user, link);
	limits->users--;
	free(user);
}

/* The user of the item, or NULL. */
static struct user *find(struct limits *limits, struct item *item, double now)
{
	struct user wanted;
	struct user **found;

	if (limits->users == 0 || !make_key(limits, item))
		return NULL;
	memcpy(wanted.key, item->user_key, USER_KEY_SIZE);
	found = tfind(&wanted, &limits->tree, compare);
	if (found == NULL)
		return NULL;
	if ((*found)->state == BLOCKED && now >= (*found)->until) {
		forget(limits, *found);
		return NULL;
	}
	return *found;
}

/* A user who has just met the limit, or NULL when memory is out. */
static struct user *add(struct limits *limits, struct item *item)
{
	struct user *user = calloc(1, sizeof(*user));

	if (user == NULL || !make_key(limits, item)) {
		free(user);
		return NULL;
	}
	/* One who is forgotten costs a request. Those who wait have lines, and of these there are fewer. */
	if (limits->users >= USERS_MOST && !TAILQ_EMPTY(&limits->lists[BLOCKED]))
		forget(limits, TAILQ_FIRST(&limits->lists[BLOCKED]));
	memcpy(user->key, item->user_key, USER_KEY_SIZE);
	user->number = item->number;
	user->state = PROBING;
	if (tsearch(user, &limits->tree, compare) == NULL) {
		free(user);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&limits->lists[PROBING], user, link);
	limits->users++;
	limits->news = true;
	return user;
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
			release(limits, user);
	}
	if (limits->first != NULL)
		return take(limits, &limits->first);
	if (all || user == NULL || user->until > now)
		return NULL;
	kept = take(limits, &user->first);
	kept->probe = true;
	move(limits, user, PROBING, 0);
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
			forget(old, TAILQ_FIRST(&old->lists[i]));
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
	struct user *user = find(limits, item, now);

	if (user == NULL || item->probe)
		return LIMITS_GO;
	if (user->state != BLOCKED && keep(limits, user, item, false))
		return LIMITS_KEPT;
	item->result = error_set(&item->error, ERROR_ORG, "not sent: the org has refused the user %.*s for line %lu: login rate "
				 "exceeded", NAME_SHOWN, item->line.request.username, user->number);
	advice_hint(salesforce_advice("", "login rate exceeded"), user->retry_after, &item->error);
	return LIMITS_FAILED;
}

/* Told once for each user, when the first line is refused, and once more if the wait was in vain. */
static void tell(const struct limits *limits, const struct user *user, const struct item *item, double wait)
{
	const char *name = item->line.request.username;
	long minutes = ((user->retry_after > 0 ? user->retry_after : LIMIT_HOUR) + 59) / 60;

	if (wait >= 0 && user->limit.refused == 1)
		message_note("line %lu, user %.*s: %s; the user's lines wait for up to %ld s (--rate-wait), and one is tried in "
			     "%.0f s", item->number, NAME_SHOWN, name, item->error.text, limits->request->rate_wait, wait / 1e3);
	else if (wait >= 0)
		message_step("line %lu, user %.*s: %s; trying again in %.0f s", item->number, NAME_SHOWN, name, item->error.text,
			     wait / 1e3);
	else
		message_note("line %lu, user %.*s: %s; the user's further lines fail at once for %ld minutes", item->number,
			     NAME_SHOWN, name, item->error.text, minutes);
}

/* The org has refused the item's user. */
static enum limits_verdict refused(struct limits *limits, struct item *item, double now)
{
	struct user *user = find(limits, item, now);
	bool decides = user == NULL || item->probe;
	double wait;

	if (user == NULL)
		user = add(limits, item);
	if (user == NULL || user->state == BLOCKED)
		return LIMITS_GO;
	if (!decides) /* it was sent before the limit was known */
		return keep(limits, user, item, false) ? LIMITS_KEPT : LIMITS_GO;
	user->retry_after = item->retry_after;
	wait = limit_wait(&user->limit, limits->request->rate_wait, item->retry_after, now);
	tell(limits, user, item, wait);
	if (wait >= 0 && keep(limits, user, item, true)) {
		move(limits, user, WAITING, now + wait);
		return LIMITS_KEPT;
	}
	release(limits, user);
	move(limits, user, BLOCKED, now + (double)(item->retry_after > 0 ? item->retry_after : LIMIT_HOUR) * 1e3);
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
	if (!probe || (user = find(limits, item, now)) == NULL || user->state != PROBING)
		return LIMITS_GO;
	if (item->result == 0 || user->first == NULL)
		forget(limits, user);
	else
		move(limits, user, WAITING, now); /* it says nothing of the limit: the next one may */
	return LIMITS_GO;
}
