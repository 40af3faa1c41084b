/* SPDX-License-Identifier: Apache-2.0 */
/* The environment for a command that is executed: this process's environment with changes, which are stored as
 * secrets. */
#ifndef P11BEARER_PROCESS_ENVIRONMENT_H
#define P11BEARER_PROCESS_ENVIRONMENT_H

#include "base/error.h"

#include <stdbool.h>

struct environment;

/* Removes SSLKEYLOGFILE from environ, so that no library used by this process writes TLS secrets to a file. Commands
 * get it back. Call it before a library reads the environment. Returns whether it was set and not empty. */
bool environment_withhold(void);

/* Starts with the variables of `from` (environ), which must outlive it, and the withheld variable. */
int environment_new(struct environment **environment, char *const *from, struct error *error);

/* Sets a variable and removes all others of that name. */
int environment_set(struct environment *environment, const char *name, const char *value, struct error *error);

/* Removes all variables of that name. */
void environment_unset(struct environment *environment, const char *name);

/* Returns the variables in the form of environ. Owned by `environment`; valid until it is changed or freed. */
char *const *environment_list(const struct environment *environment);

/* Wipes and frees *environment and sets it to NULL. *environment may be NULL. */
void environment_free(struct environment **environment);

#endif
