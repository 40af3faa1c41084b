/* SPDX-License-Identifier: Apache-2.0 */
/* Makes many assertions or bearers in one run: reads one JSON object per line and writes one line for each. */
#ifndef P11BEARER_BATCH_H
#define P11BEARER_BATCH_H

#include "bearer/bearer.h"

enum { BATCH_PARALLEL_MAX = 256 }; /* requests at a time */

struct batch_options {
	bool bearers;    /* output bearers rather than assertions */
	bool json;       /* output assertions in objects */
	bool ordered;    /* output in the order of the input; must be set for assertions */
	bool no_brake;   /* no line waits because others fail: its caller decides when to try again */
	bool fail_fast;  /* end the run at the first line that fails */
	bool answered_ok; /* a run that does not end early succeeds, whatever the answers are */
	const char *done; /* an earlier output: lines whose ref it has answered are skipped; or NULL */
	size_t sessions; /* token sessions; 0: one per processor */
	size_t parallel; /* concurrent requests, at most BATCH_PARALLEL_MAX */
	/* Checks a line's value for the setting `name`. Sets *number or *url, unless the pointer is NULL, to a value of
	 * that kind. Fails with ERROR_CONFIG. */
	int (*parse)(const char *name, const char *text, long *number, struct url *url, struct error *error);
};

/* Reads lines from stdin and writes one line to stdout for each: an assertion, or {"line":N,"assertion":…}; the org's
 * answer with "line":N in it; or {"line":N,"error":…,"hint":…,"status":N}, with "code" and "retry_after" if the org
 * sent them. An object repeats the line's "ref" after "line"; the org's answer then has the assertion's "jti" next.
 * `request` supplies the values that a line does not set; its username, client id and URLs may be unset. Opens the key
 * once; memory is bounded by the work in progress. Returns 0 or, without `answered_ok`, the highest class of the
 * failed lines. Fails if the run cannot start or ends early: on a signal, if the key is lost, the PIN is wrong, the
 * org refuses further requests, stdin cannot be read or, with `fail_fast`, a line fails. A run that ends early
 * finishes the work in progress and answers every line read. Fails at once if stdout cannot be written. */
int batch_run(const struct bearer_request *request, const struct batch_options *options, struct error *error);

#endif
