/* SPDX-License-Identifier: Apache-2.0 */
/* Users who have logged in too often, and how many of their next logins are refused. */
#ifndef ORG_LOGINS_H
#define ORG_LOGINS_H

#include <stdbool.h>
#include <stddef.h>

enum { LOGINS_MAX = 16 };

struct logins {
	struct {
		unsigned long left;
		long retry_after;    /* seconds; 0 for no Retry-After */
		const char *pattern; /* of user names, for fnmatch(3), ignoring case */
	} list[LOGINS_MAX];
	size_t count;
};

/* Parses N[/SECONDS]:PATTERN, which must outlive `logins`. Returns 0 or -1. */
int logins_add(struct logins *logins, const char *text);

/* Whether this login is refused. The first matching pattern with refusals left counts one down. */
bool logins_refuse(struct logins *logins, const char *user, long *retry_after);

#endif
