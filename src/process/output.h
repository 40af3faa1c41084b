/* SPDX-License-Identifier: Apache-2.0 */
/* Data on stdout, and nothing else there: PKCS#11 modules print what they like. */
#ifndef P11BEARER_PROCESS_OUTPUT_H
#define P11BEARER_PROCESS_OUTPUT_H

#include "base/error.h"

#include <stddef.h>

/* Writes data to stdout. Fails with ERROR_UNEXPECTED, and error->code set to errno, when stdout does not take it
 * all. */
int output_write(const void *data, size_t length, struct error *error);

/* Writes what cJSON printed, escaped by json_escape, and a line end. NULL: memory is out. Fails as output_write does. */
int output_json(const char *text, struct error *error);

/* From here on what anybody else writes to stdout goes to stderr. Where that cannot be done it stays as it is. It is
 * so until the program ends: threads of modules may outlive them. */
void output_divert(void);

/* Gives stdout back, for a command that is executed next. Where that cannot be done it is closed. */
void output_restore(void);

/* The descriptor that stdout has meanwhile. */
int output_descriptor(void);

#endif
