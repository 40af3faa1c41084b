/* SPDX-License-Identifier: Apache-2.0 */
/* Reads fault specs from the command line and selects those for a request. */
#include "faults.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum argument { ARG_NONE, ARG_DELAY, ARG_MAYBE_SECONDS, ARG_SHIFT, ARG_MAYBE_URL, ARG_FILE, ARG_SLUG, ARG_HEADER };

static const struct {
	const char *name;
	enum fault_kind kind;
	enum argument argument;
	bool used_up;
} kinds[] = {
	/* Faults of a front end, which refuses the request before its assertion is read. */
	{ "401", FAULT_401, ARG_NONE, false },
	{ "500", FAULT_500, ARG_NONE, false },
	{ "503", FAULT_503, ARG_NONE, false },
	{ "429", FAULT_429, ARG_MAYBE_SECONDS, false },
	{ "429-date", FAULT_429_DATE, ARG_SHIFT, false },
	{ "server-error", FAULT_SERVER_ERROR, ARG_NONE, false },
	{ "redirect", FAULT_REDIRECT, ARG_MAYBE_URL, false },
	{ "refuse", FAULT_REFUSE, ARG_SLUG, false },
	/* Faults of the answer: the org has processed the request. */
	{ "slow", FAULT_SLOW, ARG_DELAY, true },
	{ "drop", FAULT_DROP, ARG_NONE, true },
	{ "half", FAULT_HALF, ARG_NONE, true },
	{ "not-json", FAULT_NOT_JSON, ARG_NONE, true },
	{ "empty", FAULT_EMPTY, ARG_NONE, true },
	{ "no-token", FAULT_NO_TOKEN, ARG_NONE, true },
	{ "array", FAULT_ARRAY, ARG_NONE, true },
	{ "big", FAULT_BIG, ARG_NONE, true },
	{ "big-chunked", FAULT_BIG_CHUNKED, ARG_NONE, true },
	{ "raw", FAULT_RAW, ARG_FILE, true },
	{ "date", FAULT_DATE, ARG_SHIFT, true },
	{ "header", FAULT_HEADER, ARG_HEADER, true },
};

/* Reads digits at *text and moves past them. Returns 0 if there is no number above 0. */
static unsigned long read_count(const char **text)
{
	char *end;
	unsigned long count;

	if (!isdigit((unsigned char)**text))
		return 0;
	errno = 0;
	count = strtoul(*text, &end, 10);
	*text = end;
	return errno == 0 ? count : 0;
}

/* Reads the `P%:` that ends at the colon. Returns the kind, or NULL if it is invalid. */
static const char *read_chance(const char *spec, const char *colon, struct fault *fault)
{
	char *end;

	fault->by_chance = true;
	fault->chance = strtod(spec, &end);
	return end != spec && end == colon - 1 && fault->chance <= 100 ? colon + 1 : NULL;
}

/* Reads `N:`, `N-:`, `N-M:` or `P%:` before the kind, if present. Returns the kind, or NULL if it is invalid. */
static const char *read_range(const char *spec, struct fault *fault)
{
	const char *colon = strchr(spec, ':');

	fault->first = 1;
	fault->last = ULONG_MAX;
	if (colon != NULL && strspn(spec, "0123456789.") + 1 == (size_t)(colon - spec) && colon[-1] == '%')
		return read_chance(spec, colon, fault);
	/* A colon after anything but digits belongs to an argument, such as a URL. */
	if (colon == NULL || strspn(spec, "0123456789-") != (size_t)(colon - spec))
		return spec;
	fault->first = read_count(&spec);
	fault->last = fault->first;
	if (*spec == '-') {
		spec++;
		fault->last = spec == colon ? ULONG_MAX : read_count(&spec);
	}
	return spec == colon && fault->first > 0 && fault->last >= fault->first ? colon + 1 : NULL;
}

static int read_seconds(const char *text, enum argument argument, struct fault *fault)
{
	char *end;

	fault->seconds = strtod(text, &end);
	fault->has_seconds = true;
	/* Written this way round, the comparison refuses "nan" too. */
	if (end == text || *end != '\0' || !(fault->seconds > -1e9 && fault->seconds < 1e9))
		return -1;
	if (argument != ARG_SHIFT && fault->seconds < 0)
		return -1;
	return argument == ARG_DELAY || (double)(long)fault->seconds == fault->seconds ? 0 : -1;
}

/* Reads [STATUS:]FILE; three digits and a colon are a status. */
static int read_file(const char *text, struct fault *fault)
{
	unsigned long status = 200;

	if (text != NULL && strspn(text, "0123456789") == 3 && text[3] == ':') {
		status = strtoul(text, NULL, 10);
		text += 4;
	}
	fault->status = (unsigned int)status;
	fault->file = text;
	return text != NULL && *text != '\0' && status >= 200 && status <= 599 ? 0 : -1;
}

/* Reads ARG (NULL if there is none) as the kind requires. Returns 0 or -1. */
static int read_argument(const char *text, enum argument argument, struct fault *fault)
{
	switch (argument) {
	case ARG_NONE:
		return text == NULL ? 0 : -1;
	case ARG_MAYBE_SECONDS:
		return text == NULL ? 0 : read_seconds(text, argument, fault);
	case ARG_DELAY:
	case ARG_SHIFT:
		return text == NULL ? -1 : read_seconds(text, argument, fault);
	case ARG_MAYBE_URL:
		fault->url = text != NULL ? text : "http://127.0.0.1:1/elsewhere";
		return *fault->url != '\0' ? 0 : -1;
	case ARG_FILE:
		return read_file(text, fault);
	case ARG_SLUG:
		fault->refusal = text != NULL ? refusal_find(text) : NULL;
		return fault->refusal != NULL ? 0 : -1;
	case ARG_HEADER:
		fault->header = text;
		return text != NULL && strchr(text, ':') != NULL && *text != ':' ? 0 : -1;
	}
	return -1;
}

static int read_fault(const char *spec, struct fault *fault)
{
	const char *equals;
	size_t length;

	*fault = (struct fault){ 0 };
	fault->text = read_range(spec, fault);
	if (fault->text == NULL)
		return -1;
	equals = strchr(fault->text, '=');
	length = equals != NULL ? (size_t)(equals - fault->text) : strlen(fault->text);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, fault->text, length) == 0) {
			fault->kind = kinds[i].kind;
			fault->used_up = kinds[i].used_up;
			return read_argument(equals != NULL ? equals + 1 : NULL, kinds[i].argument, fault);
		}
	}
	return -1;
}

const char *faults_add(struct faults *faults, char *specs)
{
	while (specs != NULL) {
		const char *spec = strsep(&specs, ",");

		if (faults->count == FAULTS_MAX || read_fault(spec, &faults->list[faults->count]) != 0)
			return spec;
		faults->count++;
	}
	return NULL;
}

void draws_start(struct draws *draws, unsigned long seed)
{
	*draws = (struct draws){ { 0x330e, (unsigned short)(seed & 0xffff), (unsigned short)(seed >> 16 & 0xffff) } };
}

/* Draws for every fault, so that each request uses the same number of draws. */
static bool hits(const struct fault *fault, unsigned long n, struct draws *draws)
{
	return fault->by_chance ? erand48(draws->state) * 100 < fault->chance : n >= fault->first && n <= fault->last;
}

static void add_header(struct fault_plan *plan, const char *header)
{
	size_t i = 0;

	while (i < HEADERS_MAX - 1 && plan->headers[i] != NULL)
		i++;
	plan->headers[i] = header;
}

void faults_plan(const struct faults *faults, unsigned long n, struct draws *draws, struct fault_plan *plan)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->list[i];
		size_t used = strlen(plan->names);

		if (!hits(fault, n, draws))
			continue;
		if (fault->kind == FAULT_SLOW)
			plan->delay += fault->seconds;
		else if (fault->kind == FAULT_DATE)
			plan->date_shift += fault->seconds;
		else if (fault->kind == FAULT_HEADER)
			add_header(plan, fault->header);
		else if (plan->answer == NULL)
			plan->answer = fault;
		else
			continue;
		snprintf(plan->names + used, sizeof(plan->names) - used, "%s%s", used > 0 ? "," : "", fault->text);
	}
}
