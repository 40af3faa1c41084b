/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of p11bearer doctor: why something does not work, and what will break next. A check looks at one thing and
 * changes nothing. Without --login, no check spends a PIN try. */
#ifndef P11BEARER_DOCTOR_H
#define P11BEARER_DOCTOR_H

#include "base/error.h"
#include "bearer/bearer.h"

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILURE, DOCTOR_SKIPPED };

/* What a check found. All 0 at first, which is DOCTOR_OK. */
struct doctor_finding {
	enum doctor_status status;
	enum error_class class; /* of a failure: the exit status */
	char text[1024];        /* one sentence without a full stop, such as "expires in 12 days" */
	char step[1024];        /* what to do next, in the imperative; empty: nothing */
	struct cJSON *facts;    /* an object for --json, such as {"not_after":1790000000}; NULL: none */
};

/* Set what was found. doctor_fail takes class, text and hint of an error. */
void doctor_ok(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_warn(struct doctor_finding *finding, const char *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_skip(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_fail(struct doctor_finding *finding, const struct error *error);

/* Add a fact for --json. */
void doctor_fact_text(struct doctor_finding *finding, const char *name, const char *value);
void doctor_fact_number(struct doctor_finding *finding, const char *name, double value);

/* What the checks look at: the same structs as the commands get. Strings belong to the caller. */
struct doctor_given {
	const struct bearer_request *request; /* NULL: the settings cannot be used */
	bool login, exchange;
};

struct doctor; /* what checks have found so far, and keep open for those after them (doctor/internal.h) */

/* The table (doctor/table.c), in the order in which the checks run and are shown. */
struct doctor_check {
	const char *group, *name; /* unique together, such as "token" and "pin"; part of --json, so they never change */
	const char *needs[3];     /* "group.name" of checks that must not have failed or been skipped */
	void (*run)(struct doctor *doctor, struct doctor_finding *finding);
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

#endif
