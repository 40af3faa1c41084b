/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on demand: reads `[N[-M]:]KIND[=ARG]` or `P%:KIND[=ARG]`, and selects the faults that hit request n. */
#ifndef ORG_FAULTS_H
#define ORG_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "refusals.h"

enum fault_kind {
	FAULT_401,
	FAULT_500,
	FAULT_503,
	FAULT_429,
	FAULT_429_DATE,
	FAULT_SERVER_ERROR,
	FAULT_SLOW,
	FAULT_DROP,
	FAULT_HALF,
	FAULT_NOT_JSON,
	FAULT_EMPTY,
	FAULT_NO_TOKEN,
	FAULT_ARRAY,
	FAULT_BIG,
	FAULT_BIG_CHUNKED,
	FAULT_REDIRECT,
	FAULT_RAW,
	FAULT_DATE,
	FAULT_HEADER,
	FAULT_REFUSE
};

struct fault {
	enum fault_kind kind;
	unsigned long first;
	unsigned long last;
	bool by_chance; /* hits each request with this probability */
	double chance;  /* in percent */
	bool used_up; /* the request counts as processed, so that its jti is refused from then on */
	bool has_seconds;
	double seconds;
	const char *url;
	const char *header; /* NAME:VALUE */
	unsigned int status; /* of a raw answer */
	const char *file;    /* and its body */
	const struct refusal *refusal;
	const char *text; /* KIND[=ARG] as it was given */
};

enum { FAULTS_MAX = 64, FAULT_NAMES_SIZE = 256, HEADERS_MAX = 4 };

struct faults {
	struct fault list[FAULTS_MAX];
	size_t count;
};

/* Random draws: the same seed gives the same draws for request n. */
struct draws {
	unsigned short state[3];
};

/* The faults that hit one request: at most one that changes the answer, and any number that delay or misdate it or add headers. */
struct fault_plan {
	const struct fault *answer; /* NULL for the usual answer */
	double delay;
	double date_shift;
	const char *headers[HEADERS_MAX]; /* NAME:VALUE; unused ones are NULL */
	char names[FAULT_NAMES_SIZE]; /* for the log, joined by commas; empty without a fault */
};

/*
 * Adds a comma-separated list of specs, which is changed in place and must outlive `faults`. Returns NULL, or the first
 * invalid spec.
 */
const char *faults_add(struct faults *faults, char *specs);

/* Makes the draws of --seed. */
void draws_start(struct draws *draws, unsigned long seed);

/*
 * Adds the faults for request n (from 1) to the plan, which is empty at first. Of several that change the answer, the first
 * one wins. Each fault with a probability has its own draw. Call it for each request in order.
 */
void faults_plan(const struct faults *faults, unsigned long n, struct draws *draws, struct fault_plan *plan);

#endif
