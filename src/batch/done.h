/* SPDX-License-Identifier: Apache-2.0 */
/* The refs that an earlier output has answered: their lines are skipped. */
#ifndef P11BEARER_BATCH_DONE_H
#define P11BEARER_BATCH_DONE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct done {
	void *refs;         /* a tree of digests: tsearch(3) */
	size_t count;
	const char *member; /* what an answer must have, so that its ref is done */
	const char *path;   /* of the output, for messages */
	bool is_cut;        /* stdout appends to the output, which ends within a line */
};

/* Reads the output at `path`, which must stay valid, until its end. A ref is done if an answer to it has a bearer or,
 * without `bearers`, an assertion. Ignores everything else: errors, half lines, any other text. Memory depends on the
 * number of refs only. Fails with ERROR_CONFIG if the output cannot be read, with ERROR_USAGE if stdout is the
 * same file but does not append to it, or if the output is the pipe of stdin or stdout. Always close it. */
int done_open(struct done *done, const char *path, bool bearers, struct error *error);
void done_close(struct done *done);

/* Notes the ref of a line of the output, if it is done. `text` is changed. Returns 0, or -1 if memory is exhausted. */
int done_take(struct done *done, char *text);

/* Whether the ref, a strict JSON text, is done. Strings are compared after unescaping, integers as they are written. A
 * string is never the same as an integer. */
bool done_has(const struct done *done, const char *ref);

#endif
