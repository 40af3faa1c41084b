/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to rotate: a rotation that runs, and its steps. */
#ifndef P11BEARER_ROTATE_INTERNAL_H
#define P11BEARER_ROTATE_INTERNAL_H

#include "rotate/rotate.h"

#include <openssl/types.h>

/* What a step returns besides 0 and negative classes: the org does not accept the new key, see `error`. */
enum { GO_BACK = 1 };

struct rotation {
	const struct rotate *with;
	struct journal *journal;
	struct rotate_record *record;
	struct p11_request again;         /* opens a key on the token, with the PIN */
	struct bearer_identity *identity; /* with the old key as its key; NULL: the request's identity is used */
	X509 *old, *new;                  /* certificates; the new one is known once it is made */
};

/* --- requests (request.c) ---------------------------------------------------------------------------------------- */

/* Opens the profile's key once, for the PIN and the names; fills a new record, or compares an old one with it. */
int rotation_open(struct rotation *rotation, struct error *error);

/* Makes a request like that of the profile, but with these keys. The caller clears it, also on failure. */
int request_make(const struct rotation *rotation, enum rotate_keys keys, struct bearer_request *request,
		 struct error *error);
void request_clear(struct bearer_request *request);

/* --- the app's settings file (app.c) ----------------------------------------------------------------------------- */

/* Finds the file. The caller frees *app, which is NULL if no file names the app, and *path, a real path. */
int app_find(const struct rotate *rotate, char **app, char **path, struct error *error);

/* Reads the bytes of its certificate. *bytes must be NULL before; the caller frees it. Fails with ERROR_CONFIG. */
int app_read(const char *path, char **bytes, struct error *error);

/* Parses the bytes, which `path` had. The caller frees the certificate. Fails with ERROR_CONFIG. */
int app_parse(const char *path, const char *bytes, X509 **certificate, struct error *error);

/* Puts the new certificate into the file, unless it is there. Fails with ERROR_CONFIG if the file has neither. */
int app_put_new(const struct rotation *rotation, struct error *error);

/* Puts the old bytes back, unless they are there. */
int app_put_old(const struct rotation *rotation, struct error *error);

/* --- the org (accept.c, deploy.c) -------------------------------------------------------------------------------- */

enum {
	FIRST_PAUSE_MS = 500, /* after a failure that time may cure; doubled after each, up to LAST_PAUSE_MS */
	LAST_PAUSE_MS = 30000,
};

enum { PROOFS = 5 }; /* exchanges in a row that prove that every host has learned of a key */

/* What proves that the org accepts a key. */
struct proof {
	const char *what; /* "the new key" */
	size_t count;     /* exchanges in a row */
	long settle;      /* seconds that they take at least */
};

/* Exchanges assertions, each on a new connection, until enough of them in a row have succeeded. A refusal, or a failure
 * that time may cure, starts the count again. Returns GO_BACK if the time for this (accept_within) runs out. */
int accept_await(const struct rotation *rotation, enum rotate_keys keys, const struct proof *proof,
		 struct error *error);

/* Gets a bearer with these keys, and from the org the user that it belongs to. The caller frees *user. */
int accept_user(const struct rotation *rotation, enum rotate_keys keys, char **user, struct error *error);

/* Deploys the app's files, or has the org check them, with a bearer from whichever key it accepts. Returns GO_BACK if
 * the org refuses them. */
int deploy_app(const struct rotation *rotation, bool check_only, struct error *error);

/* --- the whole (steps.c, back.c, report.c) ----------------------------------------------------------------------- */

struct step {
	int number;        /* that the manual gives it */
	const char *name;  /* in the report */
	const char *title; /* in messages */
	int (*run)(struct rotation *rotation, struct error *error);
};
extern const struct step rotate_steps[ROTATE_STEPS];

/* Runs the steps that are left, and saves the journal after each. Returns what the first step that fails returns. */
int steps_run(struct rotation *rotation, struct error *error);

/* Makes the profile name these keys, and the agent read it again. */
int steps_set_keys(const struct rotation *rotation, enum rotate_keys keys, struct error *error);

/* Fails with ERROR_CONFIG if the journal, which was read, lacks what every rotation has before its first step. */
int steps_check_journal(struct journal *journal, struct error *error);

/* Fails if a signal is pending, with error->signal set. */
int steps_interrupted(struct error *error);

/* Goes back to the old key, and removes the journal. May be interrupted and run again. Fails with ERROR_ORG, and keeps
 * the journal, if the org accepts neither key. */
int back_run(struct rotation *rotation, struct error *error);

/* Reports what was done, and how to destroy the old key. */
int report_print(const struct rotation *rotation, struct error *error);

/* Says what would be done. */
int report_plan(const struct rotate *rotate, const char *app, const char *path, struct error *error);

/* The command that destroys the key. */
enum { DESTROY_SIZE = 2048 };
void report_destroy(const char *uri, char command[DESTROY_SIZE]);

#endif
