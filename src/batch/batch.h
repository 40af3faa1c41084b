/* SPDX-License-Identifier: Apache-2.0 */
/* Many assertions or bearers in one run: JSON objects in, one a line, and one line out for each. */
#ifndef P11BEARER_BATCH_H
#define P11BEARER_BATCH_H

#include "bearer/bearer.h"

enum { BATCH_PARALLEL_MOST = 256 }; /* requests at a time */

struct batch_options {
	bool bearers;    /* lines ask for bearers, not for assertions */
	bool ordered;    /* the output is in the order of the input; assertions always are */
	bool fail_fast;  /* the first line that fails ends the run */
	size_t sessions; /* with the token; 0: one for each processor */
	size_t parallel; /* requests at a time, at most BATCH_PARALLEL_MOST */
	/* Checks a value of a line as one of the setting with this name; sets *number if it is a number. Fails with
	 * ERROR_CONFIG. */
	int (*parse)(const char *name, const char *text, long *number, struct error *error);
};

/* Reads lines from stdin and writes a line to stdout for each: an assertion; an org's answer with "line":N in it; or
 * {"line":N,"error":…,"hint":…,"status":N}. What a line does not say is taken from `request`, of which username,
 * client id and URLs may be NULL. The key is opened once; memory is bounded by what is under way. A signal, a key
 * that is gone, or with `fail_fast` a line that failed, ends the run: what is under way is finished, each line that
 * was read is answered. Returns 0, or the highest class of all lines that failed; or fails, as p11_key_open does,
 * when the run could not go on. */
int batch_run(const struct bearer_request *request, const struct batch_options *options, struct error *error);

#endif
