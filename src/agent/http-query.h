/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a request, such as profile=web&min-life=60. */
#ifndef P11BEARER_AGENT_HTTP_QUERY_H
#define P11BEARER_AGENT_HTTP_QUERY_H

#include "agent/failure.h"

#include <stddef.h>

enum { QUERY_PROFILE = 1, QUERY_USERNAME = 2, QUERY_MIN_LIFE = 4, QUERY_FRESH = 8 };

/* Zeroed, with `allowed` set, it has nothing yet. */
struct query {
	const char *profile, *username, *fresh; /* NULL: not given */
	long min_life;    /* seconds */
	unsigned allowed; /* parameters of this path */
	unsigned seen;
};

/* Takes one decoded parameter. Its text must outlive the query. Returns -1 and fills `failure` if the parameter is not
 * allowed or was given before, or if its value is wrong. `value` NULL: it has none. */
int query_take(struct query *query, const char *name, size_t name_length, const char *value, size_t length,
	       struct failure *failure);

#endif
