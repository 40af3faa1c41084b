/* SPDX-License-Identifier: Apache-2.0 */
/* What an org, or whoever deploys, would find wrong with an app's files. */
#ifndef P11BEARER_SALESFORCE_APPCHECK_H
#define P11BEARER_SALESFORCE_APPCHECK_H

#include "base/error.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct appcheck_finding {
	bool is_error;    /* else a warning */
	const char *code; /* a word for scripts; static */
	char *file;       /* NULL: the certificate itself */
	char text[512];
};

struct appcheck {
	struct appcheck_finding *findings;
	size_t count, errors;
	char *path;        /* the settings file that was checked, fit to be shown */
	X509 *certificate; /* the one in it, NULL when there is none that can be read */
};

/* Checks the settings file at `path`, or, for a folder, the one below it and the app's other files there. `key` is the
 * public half that the certificate must have; NULL: any. `now` is compared with the certificate's life. Free with
 * appcheck_clear in either case. What is wrong with the files is a finding; it fails when there is no one file to check, or
 * memory is out. */
int appcheck_run(struct appcheck *check, const char *path, EVP_PKEY *key, time_t now, struct error *error);

/* Checks a settings file alone, from memory; else as appcheck_run. */
int appcheck_settings(struct appcheck *check, const char *path, const char *data, size_t length, time_t now,
		      struct error *error);

/* Checks a certificate alone; `length` is that of its text in the file. Returns 0, or -1 when memory is out. */
int appcheck_certificate(struct appcheck *check, X509 *certificate, size_t length, EVP_PKEY *key, time_t now);

void appcheck_clear(struct appcheck *check);

#endif
