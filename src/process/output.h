/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps stdout for data: PKCS#11 modules print whatever they like. */
#ifndef P11BEARER_PROCESS_OUTPUT_H
#define P11BEARER_PROCESS_OUTPUT_H

#include "base/error.h"

#include <stddef.h>

/* Writes data to stdout. Fails with ERROR_UNEXPECTED, and error->code set to errno, if stdout does not accept all of
 * it. */
int output_write(const void *data, size_t length, struct error *error);

/* Writes what cJSON printed, escaped by json_escape, and a line end. `text` NULL means out of memory. Fails as
 * output_write does. */
int output_json(const char *text, struct error *error);

/* From now on, what anybody else writes to stdout goes to stderr, until the program ends, because threads of modules
 * may outlive them. If this is not possible, stdout stays as it is. */
void output_divert(void);

/* Restores stdout for a command that is executed next, or closes it if that fails. */
void output_restore(void);

/* Returns the descriptor that stdout has in the meantime. */
int output_descriptor(void);

#endif
