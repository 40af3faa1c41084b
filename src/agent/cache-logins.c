/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/cache-internal.h"

#include <math.h>
#include <openssl/evp.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTES = 61,         /* the last hour, and the minute that is not over */
	RECORDS_MAX = 100000,
	KEY_SIZE = 32,        /* SHA-256 of server and username, which may be long */
};

struct record {
	unsigned char key[KEY_SIZE];
	TAILQ_ENTRY(record) by_use;
	long minute;             /* the last one with a login */
	uint16_t logins[MINUTES]; /* in minute i: at i % MINUTES */
	double blocked;          /* until */
};

TAILQ_HEAD(records, record);

struct logins {
	void *tree;              /* of tsearch(3), by key */
	struct records by_use;
	size_t count;
};

static int compare(const void *one, const void *other)
{
	return memcmp(((const struct record *)one)->key, ((const struct record *)other)->key, KEY_SIZE);
}

static bool make_key(const char *server, const char *username, unsigned char key[KEY_SIZE])
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool made = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(digest, server, strlen(server) + 1) == 1;

	for (; made && *username != '\0'; username++) {
		char letter = (char)(*username >= 'A' && *username <= 'Z' ? *username - 'A' + 'a' : *username);

		made = EVP_DigestUpdate(digest, &letter, 1) == 1;
	}
	made = made && EVP_DigestFinal_ex(digest, key, NULL) == 1;
	EVP_MD_CTX_free(digest);
	return made;
}

static struct record *find(const struct logins *logins, const char *server, const char *username)
{
	struct record wanted, **found = NULL;

	if (make_key(server, username, wanted.key))
		found = tfind(&wanted, &logins->tree, compare);
	return found != NULL ? *found : NULL;
}

static void drop(struct logins *logins, struct record *record)
{
	TAILQ_REMOVE(&logins->by_use, record, by_use);
	tdelete(record, &logins->tree, compare);
	free(record);
	logins->count--;
}

/* Drops records that no longer matter, two at most each time, and the oldest if there are too many. */
static void make_room(struct logins *logins, double now)
{
	for (int i = 0; i < 2; i++) {
		struct record *oldest = TAILQ_FIRST(&logins->by_use);

		if (oldest == NULL || (logins->count < RECORDS_MAX &&
				       (oldest->blocked > now || (long)(now / 60e3) - oldest->minute < MINUTES)))
			return;
		drop(logins, oldest);
	}
}

/* The record, made the last to be dropped; NULL if out of memory. */
static struct record *get(struct logins *logins, const char *server, const char *username, double now)
{
	struct record *record = find(logins, server, username);

	if (record != NULL) {
		TAILQ_REMOVE(&logins->by_use, record, by_use);
		TAILQ_INSERT_TAIL(&logins->by_use, record, by_use);
		return record;
	}
	make_room(logins, now);
	record = calloc(1, sizeof(*record));
	if (record == NULL || !make_key(server, username, record->key) ||
	    tsearch(record, &logins->tree, compare) == NULL) {
		free(record);
		return NULL;
	}
	record->minute = (long)(now / 60e3);
	TAILQ_INSERT_TAIL(&logins->by_use, record, by_use);
	logins->count++;
	return record;
}

struct logins *logins_new(void)
{
	struct logins *logins = calloc(1, sizeof(*logins));

	if (logins != NULL)
		TAILQ_INIT(&logins->by_use);
	return logins;
}

void logins_free(struct logins **logins)
{
	struct logins *old = *logins;
	struct record *record;

	*logins = NULL;
	if (old == NULL)
		return;
	while ((record = TAILQ_FIRST(&old->by_use)) != NULL)
		drop(old, record);
	free(old);
}

long logins_wait(const struct logins *logins, const char *server, const char *username, long per_hour, double now)
{
	const struct record *record = find(logins, server, username);
	long minute = (long)(now / 60e3), sum = 0, wait = 0;

	/* Back from this minute, until the sum reaches the limit: that minute must be more than an hour ago. */
	for (long i = minute; record != NULL && wait == 0 && i > minute - MINUTES && i >= 0; i--) {
		if (i > record->minute || i <= record->minute - MINUTES)
			continue;
		sum += record->logins[i % MINUTES];
		if (sum >= per_hour)
			wait = (long)(((double)(i + MINUTES) * 60e3 - now) / 1e3) + 1;
	}
	return wait;
}

void logins_count(struct logins *logins, const char *server, const char *username, double now)
{
	struct record *record = get(logins, server, username, now);
	long minute = (long)(now / 60e3);

	if (record == NULL)
		return;
	if (minute - record->minute >= MINUTES)
		memset(record->logins, 0, sizeof(record->logins));
	else
		for (; record->minute < minute; record->minute++)
			record->logins[(record->minute + 1) % MINUTES] = 0;
	record->minute = minute;
	if (record->logins[minute % MINUTES] < UINT16_MAX)
		record->logins[minute % MINUTES]++;
}

void logins_take_back(struct logins *logins, const char *server, const char *username)
{
	struct record *record = find(logins, server, username);

	if (record != NULL && record->logins[record->minute % MINUTES] > 0)
		record->logins[record->minute % MINUTES]--;
}

void logins_block(struct logins *logins, const char *server, const char *username, double until, double now)
{
	struct record *record = get(logins, server, username, now);

	if (record != NULL && record->blocked < until)
		record->blocked = until;
}

long logins_blocked(const struct logins *logins, const char *server, const char *username, double now)
{
	const struct record *record = find(logins, server, username);

	return record != NULL && record->blocked > now ? (long)ceil((record->blocked - now) / 1e3) : 0;
}
