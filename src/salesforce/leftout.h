/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to salesforce: the files of a folder in source format that are not deployed, and notes about them. */
#ifndef P11BEARER_SALESFORCE_LEFTOUT_H
#define P11BEARER_SALESFORCE_LEFTOUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct leftout;

/* Reads the .forceignore that applies to `path`; fails as ignore_read does. Free with leftout_free. */
int leftout_open(const char *path, struct leftout **leftout, struct error *error);
void leftout_free(struct leftout **leftout);

/* Sets *left to whether the file or link is left out: it is ignored, belongs to other metadata, or has a wrong name
 * (names.h), for which leftout_end fails. `below` is as for ignore_line. Fails if memory is out. */
int leftout_file(struct leftout *leftout, const char *path, const char *below, bool is_link, bool *left,
		 struct error *error);

/* Call after the last file. Fails as names_refuse does if there were wrong names. */
int leftout_end(struct leftout *leftout, struct error *error);

/* Note number `index`, a sentence; NULL past the last. */
const char *leftout_note(const struct leftout *leftout, size_t index);

#endif
