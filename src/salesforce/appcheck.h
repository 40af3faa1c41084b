/* SPDX-License-Identifier: Apache-2.0 */
/* Checks an app's files for what an org would refuse, and for what breaks logins. */
#ifndef P11BEARER_SALESFORCE_APPCHECK_H
#define P11BEARER_SALESFORCE_APPCHECK_H

#include "base/error.h"
#include "salesforce/apps.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* The first two levels are warnings, the others errors. */
enum appcheck_level {
	APPCHECK_ADVICE, /* the flow works */
	APPCHECK_DOUBT,  /* the flow may fail, or the check is incomplete */
	APPCHECK_UNFIT,  /* the flow fails, or deploying the file breaks it */
	APPCHECK_REFUSED /* the file discloses a secret, or cannot be read */
};

struct appcheck_finding {
	enum appcheck_level level;
	const char *code; /* a word for scripts; static */
	char *file;       /* NULL if the finding is about the certificate itself */
	char text[512];
};

/* The values that the files must match. */
struct appcheck_given {
	EVP_PKEY *key;         /* the certificate's public key, or NULL for any */
	const char *client_id; /* the consumer key, or NULL for any */
	time_t now;            /* when the certificate must be valid */
	bool names_missing;    /* warn about missing files */
};

struct appcheck {
	struct appcheck_finding *findings;
	size_t count, errors, doubts, refused; /* of findings; errors include refused */
	char *path;        /* the settings file, else another file of the app, cleaned for messages */
	X509 *certificate; /* the one in the settings file, or NULL if none can be read */
	bool is_whole;     /* the app has one file of each of the five types */
};

/* Checks the files of one app or, if `app` is NULL, the files that belong to no app. Faults become findings. Always
 * free the check with appcheck_clear. Fails only if memory is out. */
int appcheck_run(struct appcheck *check, const struct apps *apps, const char *app, const struct appcheck_given *given,
		 struct error *error);

/* After appcheck_run: adds findings about wrong names of files in the folder `path`, or of the file `path`, and about
 * app files that .forceignore leaves out. Fails with ERROR_CONFIG if .forceignore or a folder cannot be read. */
int appcheck_names(struct appcheck *check, const char *path, struct error *error);

/* Checks only a certificate, whose text in the file has `length` bytes. Returns 0, or -1 if memory is out. */
int appcheck_certificate(struct appcheck *check, X509 *certificate, size_t length, EVP_PKEY *key, time_t now);

void appcheck_clear(struct appcheck *check);

#endif
