/* SPDX-License-Identifier: Apache-2.0 */
#include "batch/limit-users.h"

#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { USERS_MOST = 65536 };

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

void user_move(struct limits *limits, struct user *user, enum user_state state, double until)
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

void user_release(struct limits *limits, struct user *user)
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

void user_forget(struct limits *limits, struct user *user)
{
	user_release(limits, user);
	tdelete(user, &limits->tree, compare);
	TAILQ_REMOVE(&limits->lists[user->state], user, link);
	limits->users--;
	free(user);
}

struct user *user_find(struct limits *limits, struct item *item, double now)
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
		user_forget(limits, *found);
		return NULL;
	}
	return *found;
}

struct user *user_add(struct limits *limits, struct item *item)
{
	struct user *user = calloc(1, sizeof(*user));

	if (user == NULL || !make_key(limits, item)) {
		free(user);
		return NULL;
	}
	/* One who is forgotten costs a request. Those who wait have lines, and of these there are fewer. */
	if (limits->users >= USERS_MOST && !TAILQ_EMPTY(&limits->lists[BLOCKED]))
		user_forget(limits, TAILQ_FIRST(&limits->lists[BLOCKED]));
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
