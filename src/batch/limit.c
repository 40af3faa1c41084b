/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/limit.h"

#include "base/message.h"
#include "base/text.h"
#include "bearer/advice.h"

#include <math.h>
#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum {
	USERS_MAX = 65536,
	KEPT_MAX = 16 << 20, /* bytes */
	NAME_SHOWN = 80,      /* bytes of a username in a message */
	KEY_SIZE = 32,        /* SHA-256 */
};

STAILQ_HEAD(lines, kept);
struct user {
	TAILQ_ENTRY(user) link;
	unsigned char key[KEY_SIZE];
	bool waits;           /* the user's lines are kept; otherwise they fail */
	double until;         /* of the next probe, INFINITY during one; if not `waits`: when lines stop failing */
	struct retry_limit limit;
	bool reported;        /* the first refusal was reported */
	unsigned long number; /* of the line that met the limit */
	long retry_after;     /* the server's last one, or -1 */
	char code[CODE_SIZE]; /* its error code, or empty */
	struct lines lines;
};
TAILQ_HEAD(users, user);

struct limits {
	const struct bearer_request *request;
	void *tree;                  /* of all users, by key: tsearch(3) */
	struct users lists[2];       /* the users that do not wait and those that do, each ordered by `until` */
	struct lines ready;          /* kept lines whose wait is over */
	size_t users, count, bytes;  /* `count` and `bytes` are of all kept lines */
};

int limits_open(struct limits **limits, const struct bearer_request *request, struct error *error)
{
	*limits = calloc(1, sizeof(**limits));
	if (*limits == NULL)
		return error_memory(error);
	(*limits)->request = request;
	TAILQ_INIT(&(*limits)->lists[false]);
	TAILQ_INIT(&(*limits)->lists[true]);
	STAILQ_INIT(&(*limits)->ready);
	return 0;
}

static int compare(const void *one, const void *other)
{
	return memcmp(((const struct user *)one)->key, ((const struct user *)other)->key, KEY_SIZE);
}

/* Returns false if memory is exhausted. */
static bool make_key(const struct item *item, unsigned char *key)
{
	const struct bearer_request *request = &item->line.request;
	char *text = NULL;
	int length = asprintf(&text, "%s\n%s", http_url_origin(request->endpoint), line_user(&item->line));
	bool made;

	if (length >= 0)
		text_lower(text, (size_t)length);
	made = length >= 0 && EVP_Digest(text, (size_t)length, key, NULL, EVP_sha256(), NULL) == 1;
	if (length >= 0)
		free(text);
	return made;
}

/* Returns NULL if the user has not met the limit, or memory is exhausted. */
static struct user *find(const struct limits *limits, const struct item *item)
{
	struct user wanted, **found;

	if (limits->users == 0 || !make_key(item, wanted.key))
		return NULL;
	found = tfind(&wanted, &limits->tree, compare);
	return found != NULL ? *found : NULL;
}

static void change(struct limits *limits, struct user *user, bool waits, double until)
{
	struct users *list = &limits->lists[waits];
	struct user *before;

	TAILQ_REMOVE(&limits->lists[user->waits], user, link);
	user->waits = waits;
	user->until = until;
	before = TAILQ_LAST(list, users);
	while (before != NULL && before->until > until) /* the last one usually fits */
		before = TAILQ_PREV(before, users, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(list, before, user, link);
	else
		TAILQ_INSERT_HEAD(list, user, link);
}

/* Releases the user's kept lines. They and further lines fail until the time `until`. */
static void stop_waiting(struct limits *limits, struct user *user, double until)
{
	STAILQ_CONCAT(&limits->ready, &user->lines);
	change(limits, user, false, until);
}

static void forget(struct limits *limits, struct user *user)
{
	tdelete(user, &limits->tree, compare);
	TAILQ_REMOVE(&limits->lists[user->waits], user, link);
	limits->users--;
	free(user);
}

/* Returns NULL if memory is exhausted. */
static struct user *add(struct limits *limits, const struct item *item)
{
	struct user *user = calloc(1, sizeof(*user));

	if (user == NULL || !make_key(item, user->key) || tsearch(user, &limits->tree, compare) == NULL) {
		free(user);
		return NULL;
	}
	if (limits->users >= USERS_MAX && !TAILQ_EMPTY(&limits->lists[false]))
		forget(limits, TAILQ_FIRST(&limits->lists[false])); /* few users wait, because their lines are kept */
	STAILQ_INIT(&user->lines);
	TAILQ_INSERT_HEAD(&limits->lists[false], user, link);
	limits->users++;
	return user;
}

/* Adds the item's line to the user's: first if it is the next probe, else last. Returns false if memory
 * is exhausted. */
static bool keep(struct limits *limits, struct user *user, const struct item *item, bool first)
{
	const struct line *line = &item->line;
	struct kept *kept = line->raw != NULL ? malloc(sizeof(*kept) + line->length) : NULL;

	if (kept == NULL)
		return false;
	*kept = (struct kept){ .number = item->number, .length = line->length };
	memcpy(kept->text, line->raw, line->length);
	if (first)
		STAILQ_INSERT_HEAD(&user->lines, kept, link);
	else
		STAILQ_INSERT_TAIL(&user->lines, kept, link);
	limits->count++;
	limits->bytes += sizeof(*kept) + kept->length;
	return true;
}

static struct kept *take(struct limits *limits, struct lines *lines)
{
	struct kept *kept = STAILQ_FIRST(lines);

	STAILQ_REMOVE_HEAD(lines, link);
	limits->count--;
	limits->bytes -= sizeof(*kept) + kept->length;
	return kept;
}

struct kept *limits_take(struct limits *limits, double now, bool all)
{
	struct user *user;
	struct kept *kept;

	for (user = all ? TAILQ_FIRST(&limits->lists[true]) : NULL; user != NULL; user = TAILQ_NEXT(user, link))
		STAILQ_CONCAT(&limits->ready, &user->lines);
	if (!STAILQ_EMPTY(&limits->ready))
		return take(limits, &limits->ready);
	user = TAILQ_FIRST(&limits->lists[true]);
	if (all || user == NULL || user->until > now)
		return NULL;
	kept = take(limits, &user->lines);
	kept->probe = true;
	change(limits, user, true, INFINITY);
	return kept;
}

size_t limits_count(const struct limits *limits)
{
	return limits->count;
}

bool limits_is_full(const struct limits *limits)
{
	return limits->bytes >= KEPT_MAX;
}

double limits_delay(const struct limits *limits, double now)
{
	const struct user *user = TAILQ_FIRST(&limits->lists[true]);

	return user != NULL && user->until > now && isfinite(user->until) ? user->until - now : -1;
}

void limits_close(struct limits **limits)
{
	struct limits *old = *limits;
	struct kept *kept;

	if (old == NULL)
		return;
	while ((kept = limits_take(old, 0, true)) != NULL)
		free(kept);
	for (int i = 0; i < 2; i++)
		while (!TAILQ_EMPTY(&old->lists[i]))
			forget(old, TAILQ_FIRST(&old->lists[i]));
	free(old);
	*limits = NULL;
}

enum limits_verdict limits_admit(struct limits *limits, struct item *item, double now)
{
	const struct server *server = limits->request->server;
	struct user *user = find(limits, item);

	if (user == NULL || item->probe)
		return LIMITS_GO;
	if (user->waits && keep(limits, user, item, false))
		return LIMITS_KEPT;
	if (!user->waits && now >= user->until)
		return LIMITS_GO;
	item->result = error_set(&item->error, ERROR_ORG, "not sent: %s has refused the user %.*s for line %lu: login "
				 "rate exceeded", server->party, NAME_SHOWN, line_user(&item->line), user->number);
	advice_hint(server, server_advice_for(server, SERVER_LOGIN_RATE), user->retry_after, &item->error);
	memcpy(item->code, user->code, sizeof(item->code));
	item->retry_after = (long)((user->until - now) / 1e3) + 1;
	return LIMITS_FAILED;
}

static void report(const struct limits *limits, struct user *user, const struct item *item, double wait)
{
	const char *name = line_user(&item->line);
	long minutes = ((user->retry_after > 0 ? user->retry_after : RETRY_LOGIN_HOUR) + 59) / 60;

	if (wait < 0)
		message_note("line %lu, user %.*s: %s; the user's further lines fail at once for %ld minute%s",
			     item->number, NAME_SHOWN, name, item->error.text, minutes, minutes == 1 ? "" : "s");
	else if (!user->reported)
		message_note("line %lu, user %.*s: %s; the user's lines wait for up to %ld s (--rate-wait), and one is "
			     "tried in %.0f s", item->number, NAME_SHOWN, name, item->error.text,
			     limits->request->rate_wait, wait / 1e3);
	else
		message_step("line %lu, user %.*s: %s; trying again in %.0f s", item->number, NAME_SHOWN, name,
			     item->error.text, wait / 1e3);
	user->reported = true;
}

static enum limits_verdict refused(struct limits *limits, struct item *item, double now)
{
	struct user *user = find(limits, item);
	double wait;

	if (user == NULL && (user = add(limits, item)) == NULL)
		return LIMITS_GO;
	/* In the next two cases the request was sent before the limit was known. */
	if (user->waits && !item->probe)
		return keep(limits, user, item, false) ? LIMITS_KEPT : LIMITS_GO;
	if (!user->waits) {
		if (now < user->until)
			return LIMITS_GO;
		user->limit = (struct retry_limit){ .refused = 0 };
		user->number = item->number;
	}
	user->retry_after = item->retry_after;
	memcpy(user->code, item->code, sizeof(user->code));
	wait = retry_limit_wait(&user->limit, limits->request->rate_wait, item->retry_after, now);
	report(limits, user, item, wait);
	if (wait >= 0 && keep(limits, user, item, true)) {
		change(limits, user, true, now + wait);
		return LIMITS_KEPT;
	}
	item->retry_after = item->retry_after > 0 ? item->retry_after : RETRY_LOGIN_HOUR;
	stop_waiting(limits, user, now + (double)item->retry_after * 1e3);
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
	if (!probe || (user = find(limits, item)) == NULL || !user->waits)
		return LIMITS_GO;
	if (item->result < 0 && !STAILQ_EMPTY(&user->lines))
		change(limits, user, true, now); /* the probe failed for another reason: the next line is the probe */
	else
		stop_waiting(limits, user, now);
	return LIMITS_GO;
}
