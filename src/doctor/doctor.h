/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of p11bearer doctor: why something does not work, and what will break next. A check looks at one thing and
 * changes nothing. Without --login, no check spends a PIN try. */
#ifndef P11BEARER_DOCTOR_H
#define P11BEARER_DOCTOR_H

#include "base/error.h"
#include "bearer/bearer.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cJSON;

enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILURE, DOCTOR_SKIPPED };

/* What a check found. All 0 at first, which is DOCTOR_OK. */
struct doctor_finding {
	enum doctor_status status;
	enum error_class class; /* of a failure: the exit status */
	char text[1024];        /* one sentence without a full stop, such as "expires in 12 days" */
	char step[1024];        /* what to do next, in the imperative; empty: nothing */
	bool absent; /* of a skipped check: there is nothing to check, so no report mentions it */
	int signal;  /* of a failure: the signal that ended it, and with it the run; 0: none */
	struct cJSON *facts;    /* an object for --json, such as {"not_after":1790000000}; NULL: none */
};

/* Set what was found. doctor_fail takes class, text and next step from the error; without a hint in it, the step that
 * usually helps. */
void doctor_ok(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_warn(struct doctor_finding *finding, const char *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void doctor_skip(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_fail(struct doctor_finding *finding, const struct error *error);

/* Add a fact for --json. A time is in seconds since 1970. */
void doctor_fact_text(struct doctor_finding *finding, const char *name, const char *value);
void doctor_fact_number(struct doctor_finding *finding, const char *name, double value);
void doctor_fact_flag(struct doctor_finding *finding, const char *name, bool value);

/* doctor_fact_item adds an item to the array with this name. doctor_fact adds any value, which the finding then owns;
 * NULL adds nothing. */
void doctor_fact_item(struct doctor_finding *finding, const char *name, const char *item);
void doctor_fact(struct doctor_finding *finding, const char *name, struct cJSON *value);

/* A configuration file, and who may change it. */
struct doctor_file {
	const char *path;
	bool found;
	uid_t owner;
	mode_t mode;
};

/* What is wrong with a file, a key in it, the profile or a value. */
struct doctor_fault {
	enum doctor_fault_kind { DOCTOR_FILE, DOCTOR_KEY, DOCTOR_PROFILE, DOCTOR_VALUE } kind;
	struct error error;
};

/* A setting that has a value. */
struct doctor_value {
	char name[128];  /* such as "timeout" and "claim.x" */
	char text[1024]; /* without PIN and password */
	char origin[1024]; /* such as "/etc/p11bearer.conf, section [prod], key timeout" */
	char source[1024]; /* the same without the key; "": it is the default */
	bool secret;       /* a PIN or password was left out */
};

/* What files, environment and options have given. */
struct doctor_configuration {
	struct doctor_file *files;
	struct doctor_fault *faults;
	struct doctor_value *values; /* in the order of their sources */
	size_t file_count, fault_count, value_count;
	const char *profile, *profile_origin; /* NULL: none was chosen */
};

/* Whether a part of the request can be used. */
struct doctor_part {
	bool absent;        /* the part is not set, and nothing is wrong with that */
	bool missing;       /* a setting that it needs is not set */
	struct error error; /* class ERROR_NONE: it can be used */
	char warning[1024]; /* "": none */
};

/* The app's files. */
struct doctor_app {
	const char *path;    /* a folder or a file; NULL: none */
	const char *name;    /* of the app; NULL: the only one */
	const char *program; /* path of p11bearer-app */
};

/* The agent. */
struct doctor_agent {
	bool configured;          /* the settings name it; otherwise it is the one at the usual place */
	struct oauth_agent agent; /* without a socket: none */
	struct error error;       /* why the settings name none */
};

/* What the checks look at: the same structs as the commands get. Strings belong to the caller. */
struct doctor_given {
	struct doctor_configuration configuration;
	/* Members that the settings do not set, or that cannot be used, are 0. The request has no identity: see
	 * tls_certificate. A check that uses a part needs that part's check, such as "configuration.key". */
	const struct bearer_request *request;
	struct doctor_part key;       /* request->key, certificate */
	struct doctor_part next_key;  /* request->next_key, next_certificate */
	struct doctor_part audit;     /* request->recorder */
	struct doctor_part assertion; /* client_id, username, audience, claims, headers */
	struct doctor_part server;    /* instance_url, token_url, endpoint, http */
	const char *tls_certificate;  /* path; NULL: none */
	const char *tls_key;          /* URI; NULL: that of the key */
	struct doctor_app app;
	struct doctor_agent agent;
	bool login, exchange;
};

/* --- the table (doctor/table.c), in the order in which the checks run and are shown ------------------------------ */

struct doctor; /* what checks have found so far, and keep open for those after them (doctor/internal.h) */

enum { DOCTOR_NEEDS = 3 };

struct doctor_check {
	const char *group, *name; /* unique together, such as "token" and "pin"; part of --json, so they never change */
	const char *needs[DOCTOR_NEEDS]; /* "group.name" of earlier checks that must not have failed or been skipped */
	void (*run)(struct doctor *doctor, struct doctor_finding *finding);
	/* It uses a PIN, or sends an assertion: it is skipped if a check of the configuration has failed. */
	bool acts;
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

/* --- running them ------------------------------------------------------------------------------------------------ */

/* Called for each check that is not absent. */
struct doctor_report {
	/* Before the check. Until it ends, doctor_finding returns what is to be reported if a module ends the program
	 * during the check. */
	void (*begin)(void *context, const struct doctor *doctor, size_t index);
	/* After the check. Returns 0, or a negative class to stop. */
	int (*end)(void *context, const struct doctor_check *check, const struct doctor_finding *finding,
		   struct error *error);
	void *context;
};

/* Runs all checks. Fails only if memory is exhausted, or as report->end does. `given` must outlive the doctor. The
 * caller closes *doctor, also after a failure. */
int doctor_run(struct doctor **doctor, const struct doctor_given *given, const struct doctor_report *report,
	       struct error *error);

/* Closes what the checks have opened, and frees *doctor; NULL is allowed. */
void doctor_close(struct doctor **doctor);

/* What the check with this index in the table has found. */
const struct doctor_finding *doctor_finding(const struct doctor *doctor, size_t index);

#endif
