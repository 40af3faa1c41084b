/* SPDX-License-Identifier: Apache-2.0 */
/* How far a rotation has come, in a file from which a later run continues. It holds no secrets. Each change is on disk
 * before the step that it announces begins. */
#ifndef P11BEARER_ROTATE_JOURNAL_H
#define P11BEARER_ROTATE_JOURNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <time.h>

/* The steps, in order. The journal has the one that is next. */
enum rotate_step {
	ROTATE_PROVE_OLD,  /* the old key gets a bearer */
	ROTATE_KEY,        /* the new key exists */
	ROTATE_CERTIFICATE, /* its certificate is in a file, and on the token if that takes certificates */
	ROTATE_CONFIGURE,  /* the profile names both keys, and the agent has read that */
	ROTATE_APP,        /* the app's settings file has the new certificate, and the org finds no fault with it */
	ROTATE_DEPLOY,     /* the app is deployed with it */
	ROTATE_ACCEPT,     /* every host of the org accepts the new key */
	ROTATE_USER,       /* the new key's user is the old one's */
	ROTATE_FINISH,     /* the profile names the new key alone, and the agent has read that */
	ROTATE_STEPS,
};

/* All strings are the journal's own, or NULL. */
struct rotate_record {
	char *profile, *config;          /* the section, and its file */
	char *app, *settings_file;       /* the app's name, and the file with its certificate (real path) */
	char *old_key, *new_key;         /* full URIs without a PIN; the new one is known before the key is made */
	char *old_certificate, *new_certificate; /* files; the old one is NULL if the profile names none */
	char *app_certificate;           /* what the settings file had in the field certificate; NULL: no field */
	char *user;                      /* that the old key's bearer belongs to, as the org says */
	enum rotate_step next;
	bool given;                      /* the new key existed before the rotation */
	bool aborting;                   /* the rotation goes back to the old key */
	double seconds[ROTATE_STEPS];    /* that each step has taken so far */
	time_t began;
};

struct journal;

/* Opens the journal of the app whose settings file is at `app` (a real path), in $STATE_DIRECTORY, else in
 * $XDG_STATE_HOME/p11bearer, else in ~/.local/state/p11bearer, which it makes if it is missing; takes the lock, and
 * reads the journal if there is one. A journal that was read has at least the profile, its file, the settings file and
 * the old key. Fails with ERROR_CONFIG if another rotation of the app runs (the message has its pid), if there is no
 * folder, or if the file is damaged or others can change it. The caller closes *journal, even on failure. */
int journal_open(struct journal **journal, const char *app, struct error *error);

/* The same without the lock, only to read: makes nothing, and must not be saved. */
int journal_look(struct journal **journal, const char *app, struct error *error);

/* Gives up the lock and removes its file. NULL is allowed. The journal stays. */
void journal_close(struct journal **journal);

/* The record, which the caller fills and changes; its strings are freed with free(). */
struct rotate_record *journal_record(struct journal *journal);

/* Whether there was a journal, so that the rotation continues. */
bool journal_exists(const struct journal *journal);

/* The path, for messages. Owned by the journal. */
const char *journal_path(const struct journal *journal);

/* Writes the record (temporary file, fsync, rename); the journal then exists. Fails with ERROR_UNEXPECTED, or with
 * ERROR_CONFIG if something else has the journal's name. */
int journal_save(struct journal *journal, struct error *error);

/* Removes the journal: the rotation has ended. Fails with ERROR_UNEXPECTED. */
int journal_remove(struct journal *journal, struct error *error);

#endif
