/* SPDX-License-Identifier: Apache-2.0 */
/* Reads secrets from sources that the user names: file:PATH, env:NAME or fd:N. */
#ifndef P11BEARER_BASE_SOURCE_H
#define P11BEARER_BASE_SOURCE_H

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>

/* A kind of secret. */
struct source_kind {
	const char *name;       /* in messages, such as "PIN" */
	enum error_class class; /* of errors */
	size_t max;             /* bytes */
	long seconds;           /* to wait for a FIFO, pipe or terminal; 0: no limit */
};

enum source_type {
	SOURCE_NONE,
	SOURCE_FILE,
	SOURCE_VARIABLE,
	SOURCE_DESCRIPTOR, /* fd:N, or file: with another name of a descriptor, such as /dev/fd/N */
	SOURCE_CREDENTIAL, /* of systemd; parsed and read by process/prompt.h, as is the next */
	SOURCE_PROMPT,
};

/* A parsed source. `name` is the path, variable or credential; of a descriptor its path, or NULL for fd:N. It points
 * into the text that was parsed. */
struct source {
	enum source_type type;
	const char *name;
	int fd;
};

/* Parses file:PATH, env:NAME or fd:N; reads nothing. Returns false, with the type SOURCE_NONE, if the text is not one
 * of them. */
bool source_parse(struct source *source, const char *text);

/* The source file:PATH. */
struct source source_of_path(const char *path);

/* The one rule for secrets from any source: removes one line end (LF or CRLF), then refuses a secret that is empty, too
 * long, or contains a byte-order mark, a control character (C0, DEL, C1) or an invisible one. `what` names the source
 * in messages, which never show the secret. Fails with the kind's class. */
int source_clean(const char *what, const struct source_kind *kind, struct secret *secret, struct error *error);

/* Reads the secret, one line, from a source that source_parse accepted. Refuses a file that group or others may access,
 * or that others can replace (trust.h); empties a variable; reads only the first line of a descriptor or FIFO, and no
 * byte beyond it. Applies source_clean. Fails with the kind's class. */
int source_read(const struct source *source, const struct source_kind *kind, struct secret *secret,
		struct error *error);

/* The same from the file at `path`. `guarded`: something other than its mode protects it. */
int source_read_file(const char *path, bool guarded, const struct source_kind *kind, struct secret *secret,
		     struct error *error);

/* The same from the first line of a descriptor. `what` names it in messages. */
int source_read_line(int fd, const char *what, const struct source_kind *kind, struct secret *secret,
		     struct error *error);

/* The descriptor from which a secret was last read, or -1. */
int source_used_descriptor(void);

#endif
