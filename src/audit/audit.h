/* SPDX-License-Identifier: Apache-2.0 */
/* The audit: one record for each login and each signature, and for what the agent does for its peers, in a file, in the
 * journal or in the system log. A record never holds a PIN, an assertion or a bearer. All functions are thread-safe,
 * except that audit_close must come last.
 *
 * A file's records are JSON, one per line (RFC 8259). The journal gets one field for each member, such as
 * P11BEARER_JTI, and a MESSAGE_ID for each event. The system log gets the JSON. */
#ifndef P11BEARER_AUDIT_H
#define P11BEARER_AUDIT_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct audit;

struct audit_options {
	const char *target; /* journal, syslog, file:PATH with an absolute path, or off */
	bool required;      /* a record that cannot be written is a failure */
};

/* Who asked the agent. */
struct audit_peer {
	uid_t uid;
	pid_t pid;
	const char *unit; /* of systemd; "": none, or not known */
};

/* What happened. Pointers that are NULL, an exp of 0 and a negative time are left out. */
struct audit_record {
	enum audit_event {
		AUDIT_LOGIN, AUDIT_SIGNATURE, AUDIT_TLS_SIGNATURE,
		/* The agent handed something out, or refused to. */
		AUDIT_BEARER, AUDIT_ASSERTION, AUDIT_REFUSAL,
		/* Somebody told the agent to. */
		AUDIT_UNLOCK, AUDIT_LOCK, AUDIT_FORGET, AUDIT_RELOAD,
	} event;
	const char *command, *profile;
	const char *request;         /* what was refused, such as "bearer" */
	const struct audit_peer *peer;
	const char *token_serial;
	bool officer;                /* who logged in is the security officer */
	const char *key_fingerprint; /* SHA-256 of the SubjectPublicKeyInfo, in hexadecimal */
	bool attested;               /* the key was proven to be made on its token */
	const char *alg, *iss, *sub, *aud, *jti;
	long long exp;               /* seconds since 1970 */
	const struct error *failure; /* NULL: it succeeded */
	double milliseconds;         /* how long it took */
};

/* *audit is NULL if the target is off. If records are required, checks that they can be written, and fails as
 * audit_write does. The strings of `options` must outlive the audit. The caller closes *audit, also on failure. */
int audit_open(struct audit **audit, const struct audit_options *options, struct error *error);

/* Writes a record with the time, the process id and the next sequence number of this process, which all its audits
 * share, in one system call. Creates the file if it is missing. A journal or system log that is full has two seconds to
 * take the record. If a record cannot be written, it counts as lost, with a warning for the first one. But if records
 * are required, and this is one of a success, fails instead: with ERROR_CONFIG if the file cannot be opened or is not
 * trusted, else with ERROR_UNEXPECTED. Does nothing if `audit` is NULL. */
int audit_write(struct audit *audit, const struct audit_record *record, struct error *error);

/* Warns if several records were lost. Frees *audit and sets it to NULL; NULL is allowed. */
void audit_close(struct audit **audit);

#endif
