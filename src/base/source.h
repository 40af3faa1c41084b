/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets from where the user says they are: file:PATH, env:NAME or fd:N. */
#ifndef P11BEARER_BASE_SOURCE_H
#define P11BEARER_BASE_SOURCE_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>

/* What is read: its name in messages, the class of its errors, how long it may be. */
struct source_kind {
	const char *name; /* "PIN" */
	enum error_class class;
	size_t max;   /* bytes */
	long seconds; /* how long to wait for what comes from a FIFO, a pipe or a terminal; 0: without a limit */
};

/* Whether the text has the form of a source; nothing is read. */
bool source_is(const char *text);

/* The variable of env:NAME, in `source`; NULL when it is another source. */
const char *source_variable(const char *source);

/* Whether the source is fd:N, or file: with another name of a descriptor, such as /dev/fd/N; then *fd is N. */
bool source_descriptor(const char *source, int *fd);

/* The one rule for secrets from any source: takes off one line end (LF or CRLF), then refuses one that is empty or too
 * long, or has a byte-order mark, a control character (C0, DEL, C1) or an invisible one in it. `what` names the source in messages, which
 * never show the secret. Fails with the kind's class. */
int source_check(const char *what, const struct source_kind *kind, struct secret *secret, struct error *error);

/* Reads the secret, one line, from the source, which source_is. A file that group or others have access to, or that
 * others can replace (trust.h), is refused; a variable is emptied; of a descriptor or a FIFO the first line is read and no
 * byte more. source_check applies. Fails with the kind's class. */
int source_read(const char *source, const struct source_kind *kind, struct secret *secret, struct error *error);

/* The same from the file at `path`; `guarded` when another than its mode guards it. */
int source_read_file(const char *path, bool guarded, const struct source_kind *kind, struct secret *secret,
		     struct error *error);

/* The same from the first line of a descriptor; `what` names it in messages. */
int source_read_line(int fd, const char *what, const struct source_kind *kind, struct secret *secret,
		     struct error *error);

/* The descriptor that a secret was last read from, whatever name it had; -1 if none was. */
int source_used_descriptor(void);

#endif
