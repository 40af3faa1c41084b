/* SPDX-License-Identifier: Apache-2.0 */
/* The bearers that the org has issued, to recognize them at its endpoints. */
#ifndef ORG_BEARERS_H
#define ORG_BEARERS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum {
	BEARER_PREFIX = 16,  /* an org id and "!" */
	BEARER_RANDOM = 60,
	BEARER_SIZE = BEARER_PREFIX + BEARER_RANDOM + 1,
	BEARERS_KEPT = 256 /* older ones are forgotten, as if their sessions had ended */
};

struct bearer {
	char text[BEARER_SIZE];
	time_t issued_at;
	char username[128];
	bool revoked;
};

struct bearers {
	struct bearer list[BEARERS_KEPT];
	size_t issued; /* ever */
};

/* Makes a bearer for the user and keeps it. Returns it, owned by the list; NULL if randomness fails. */
const struct bearer *bearers_issue(struct bearers *bearers, const char *username, time_t now);

/* The issued bearer with this text, owned by the list; NULL if it was not issued or is forgotten. */
struct bearer *bearers_find(struct bearers *bearers, const char *text);

#endif
