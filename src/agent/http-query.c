/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/http-query.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIFE_DIGITS_MAX = 9 };

static const struct parameter {
	const char *name;
	unsigned bit;
} parameters[] = {
	{ "profile", QUERY_PROFILE },
	{ "username", QUERY_USERNAME },
	{ "min-life", QUERY_MIN_LIFE },
	{ "fresh", QUERY_FRESH },
};
enum { PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

/* A name with a NUL is none of these, because its length differs. */
static const struct parameter *find(const char *name, size_t length)
{
	for (size_t i = 0; i < PARAMETERS; i++) {
		if (strlen(parameters[i].name) == length && memcmp(parameters[i].name, name, length) == 0)
			return &parameters[i];
	}
	return NULL;
}

static int refuse(struct failure *failure, const char *name, const char *reason)
{
	failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the request's \"%s\" %s", name, reason);
	return -1;
}

static int refuse_unknown(const struct query *query, const char *name, size_t length, struct failure *failure)
{
	char shown[64];

	if (length >= sizeof(shown))
		length = sizeof(shown) - 1;
	memcpy(shown, name, length);
	shown[length] = '\0';
	text_line(shown);
	failure_set(failure, FAILURE_REQUEST, ERROR_USAGE, 0, "the request has an unknown parameter \"%s\"", shown);
	if (query->allowed == 0)
		error_hint(&failure->error, "this path takes no parameters");
	for (size_t i = 0, count = 0; i < PARAMETERS; i++) {
		size_t used = strlen(failure->error.hint);

		if ((query->allowed & parameters[i].bit) == 0)
			continue;
		snprintf(failure->error.hint + used, sizeof(failure->error.hint) - used, "%s%s",
			 count++ > 0 ? ", " : "this path takes only: ", parameters[i].name);
	}
	return -1;
}

int query_take(struct query *query, const char *name, size_t name_length, const char *value, size_t length,
	       struct failure *failure)
{
	const struct parameter *parameter = find(name, name_length);
	const char *fault;

	if (parameter == NULL || (parameter->bit & query->allowed) == 0)
		return refuse_unknown(query, name, name_length, failure);
	if ((parameter->bit & query->seen) != 0)
		return refuse(failure, parameter->name, "is given twice");
	query->seen |= parameter->bit;
	if (value == NULL)
		return refuse(failure, parameter->name, "has no value");
	fault = strlen(value) == length ? text_fault(value) : "holds a control character";
	if (fault != NULL)
		return refuse(failure, parameter->name, fault);
	if (parameter->bit == QUERY_PROFILE)
		query->profile = value;
	else if (parameter->bit == QUERY_USERNAME)
		query->username = value;
	else if (parameter->bit == QUERY_FRESH)
		query->fresh = value;
	else if (length > LIFE_DIGITS_MAX || strspn(value, "0123456789") != length)
		return refuse(failure, parameter->name, "is not a number of seconds, of at most 9 digits");
	else
		query->min_life = strtol(value, NULL, 10);
	return 0;
}
