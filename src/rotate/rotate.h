/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces the key of an app: a table of steps, each of which may be interrupted and run again. */
#ifndef P11BEARER_ROTATE_H
#define P11BEARER_ROTATE_H

#include "rotate/journal.h"

#include "bearer/bearer.h"

#include <stdbool.h>

/* Which keys the profile names: the old one as "key" and the new one as "next-key", only the new one, or only the old
 * one. The certificates are those of these keys. */
enum rotate_keys { ROTATE_BOTH, ROTATE_NEW, ROTATE_OLD };

/* What to rotate, and how. Strings belong to the caller. */
struct rotate {
	const struct bearer_request *request; /* as the profile says, without a next key */
	const char *path;            /* the app's folder, or one of its files */
	const char *app;             /* its name; NULL: the only one */
	const char *profile, *config; /* the section, and its file (absolute) */
	const char *key;             /* the profile's, without a PIN, for messages */
	const char *certificate;     /* the profile's, absolute; NULL: it names none */
	const char *tls_certificate; /* the identity's; NULL: none */
	const char *tls_key;         /* its key; NULL: the key itself */
	const char *new_key;         /* URI of a key that exists, from --new-key; NULL: not given */
	const char *next_key;        /* the profile's: the new key, unless new_key is set or a rotation has begun;
	                              * NULL: it names none */
	const char *api_version;
	long wait;                   /* seconds, for each deployment */
	long accept_within, settle;  /* seconds */
	bool allow_unfit;
	bool dry_run;
	bool abort;
	/* Changes the profile; does nothing if it names these keys already. */
	int (*configure)(void *context, const struct rotate_record *record, enum rotate_keys keys, struct error *error);
	/* Fails with ERROR_CONFIG if configure will, because of how the file is written. Changes nothing. */
	int (*rehearse)(void *context, const struct rotate_record *record, struct error *error);
	/* Has the agent, if one serves the profile, read the configuration again. Returns once it has. `pin` is the
	 * token's, for an agent that has to be given it again; NULL: it is not known. */
	int (*reload)(void *context, const struct secret *pin, struct error *error);
	void *context;
};

/* Rotates the key, or continues, or goes back to the old key. Prints a report as JSON on stdout once the new key has
 * replaced the old one. Fails with ERROR_CONFIG if another rotation of the app runs, or one that began with another
 * profile or file; and as the steps do: a later call then continues. If the org does not accept the new key, or its
 * deployment failed, goes back to the old key and fails with ERROR_ORG. After a signal, error->signal is set. */
int rotate_run(const struct rotate *rotate, struct error *error);

#endif
