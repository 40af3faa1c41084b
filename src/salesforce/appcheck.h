/* SPDX-License-Identifier: Apache-2.0 */
/* What an org, or whoever deploys, would find wrong with an app's files. */
#ifndef P11BEARER_SALESFORCE_APPCHECK_H
#define P11BEARER_SALESFORCE_APPCHECK_H

#include "base/error.h"
#include "salesforce/apps.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* How bad a finding is. The first two are warnings, the others errors. */
enum appcheck_level {
	APPCHECK_ADVICE, /* the flow works all right */
	APPCHECK_DOUBT,  /* the flow may not work, or not all was seen */
	APPCHECK_UNFIT,  /* the flow does not work, or deploying the file breaks it */
	APPCHECK_REFUSED /* the file gives a secret away, or cannot be read */
};

struct appcheck_finding {
	enum appcheck_level level;
	const char *code; /* a word for scripts; static */
	char *file;       /* NULL: the certificate itself */
	char text[512];
};

/* What the files are compared with. */
struct appcheck_given {
	EVP_PKEY *key;         /* the public half that the certificate must have, or NULL: any */
	const char *client_id; /* that the consumer key must be, or NULL: any */
	time_t now;            /* that the certificate must be valid at */
	bool names_missing;    /* whether files of the app that are not there are worth a warning */
};

struct appcheck {
	struct appcheck_finding *findings;
	size_t count, errors, doubts, refused; /* findings; errors include those that are refused */
	char *path;        /* the settings file, else another file of the app, fit to be shown */
	X509 *certificate; /* the one in the settings file, NULL when there is none that can be read */
	bool is_whole;     /* there is a file of each of the five types */
};

/* Checks the files of one app, and those that belong to none when `app` is NULL. What is wrong with them is a finding. Free
 * with appcheck_clear in any case. Fails when memory is out. */
int appcheck_run(struct appcheck *check, const struct apps *apps, const char *app, const struct appcheck_given *given,
		 struct error *error);

/* Adds, after appcheck_run, what the names of the files in the folder `path`, or of the file, are wrong in, and which of an
 * app's files .forceignore leaves out. Fails with ERROR_CONFIG for a .forceignore or a folder that cannot be read. */
int appcheck_names(struct appcheck *check, const char *path, struct error *error);

/* Checks a certificate alone; `length` is that of its text in the file. Returns 0, or -1 when memory is out. */
int appcheck_certificate(struct appcheck *check, X509 *certificate, size_t length, EVP_PKEY *key, time_t now);

void appcheck_clear(struct appcheck *check);

#endif
