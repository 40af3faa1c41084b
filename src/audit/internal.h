/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of src/audit. */
#ifndef P11BEARER_AUDIT_INTERNAL_H
#define P11BEARER_AUDIT_INTERNAL_H

#include "audit/audit.h"
#include "base/secret.h"

/* A record in the form that a target takes (record.c). Each appends to `out`, and returns 0, or -1 if memory is
 * exhausted. */
int record_json(struct secret *out, const struct audit_record *record, unsigned long sequence); /* without line end */
int record_journal(struct secret *out, const struct audit_record *record, unsigned long sequence);
int record_syslog(struct secret *out, const struct audit_record *record, unsigned long sequence);

/* Opens the file for appending, or creates it. Only root and the user may be able to write it, and it must be a regular
 * file, not a link to one. Fails with ERROR_CONFIG; the caller closes *fd (deliver.c). */
int deliver_open_file(const char *path, int *fd, struct error *error);

/* Appends a line to the file. `repair`: ends the last line first if it has no end, because a full disk cut it off. Not
 * for every line: one that another thread or process is writing looks the same. Fails as deliver_open_file does, and
 * with ERROR_UNEXPECTED. */
int deliver_append(const char *path, const struct secret *line, bool repair, struct error *error);

/* Sends one datagram to the socket at `path`, or, if it is a stream, one string with a NUL at its end. With nothing to
 * send (NULL), only connects. Waits at most two seconds, or not at all unless `patient`. Fails with
 * ERROR_UNEXPECTED. */
int deliver_send(const char *path, const struct secret *data, bool patient, struct error *error);

#endif
