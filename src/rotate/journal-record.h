/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to rotate/journal*.c: the record as JSON. */
#ifndef P11BEARER_ROTATE_JOURNAL_RECORD_H
#define P11BEARER_ROTATE_JOURNAL_RECORD_H

#include "rotate/journal.h"

/* The record as JSON, with a line end. The caller frees it; NULL if memory is exhausted. */
char *record_print(const struct rotate_record *record);

/* Reads what record_print wrote. Returns false if it is something else, or if memory is exhausted (errno is ENOMEM). */
bool record_parse(struct rotate_record *record, const char *text);

void record_clear(struct rotate_record *record);

#endif
