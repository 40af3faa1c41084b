/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a command to be run: this process's with changes, which are kept as secrets. */
#ifndef P11BEARER_PROCESS_ENVIRONMENT_H
#define P11BEARER_PROCESS_ENVIRONMENT_H

#include "base/error.h"

#include <stdbool.h>

struct environment;

/* Takes SSLKEYLOGFILE out of environ: no library that this process uses is to write its secrets to a file. Commands get it
 * back. To be called before any library looks. Returns whether it was set, and not empty. */
bool environment_withhold(void);

/* Begins with the variables of `from` (environ), which must outlive it, and what was withheld. */
int environment_new(struct environment **environment, char *const *from, struct error *error);

/* Sets a variable, in place of all that have the name. */
int environment_set(struct environment *environment, const char *name, const char *value, struct error *error);

/* Takes out all variables of that name. */
void environment_unset(struct environment *environment, const char *name);

/* In the form of environ. Owned by `environment`; valid until it is changed or freed. */
char *const *environment_list(const struct environment *environment);

/* Wipes and frees *environment and sets it to NULL. NULL is allowed. */
void environment_free(struct environment **environment);

#endif
