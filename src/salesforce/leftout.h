/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of salesforce: which files of a folder in source format are not deployed, and what is told of them. */
#ifndef P11BEARER_SALESFORCE_LEFTOUT_H
#define P11BEARER_SALESFORCE_LEFTOUT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct leftout;

/* Reads the .forceignore that counts for `path` (ignore.h). Free with leftout_free. */
int leftout_open(const char *path, struct leftout **leftout, struct error *error);
void leftout_free(struct leftout **leftout);

/* Tells whether the file, or the link in its place, is left out: it is ignored, belongs to other metadata, or has a wrong name
 * (names.h), and then leftout_end fails. `below` is as for ignore_line. Fails when memory is out. */
int leftout_file(struct leftout *leftout, const char *path, const char *below, bool is_link, bool *left,
		 struct error *error);

/* After the last file. Fails as names_refuse does if there were wrong names. */
int leftout_end(struct leftout *leftout, struct error *error);

/* What there is to tell, a sentence each; NULL past the last. */
const char *leftout_note(const struct leftout *leftout, size_t index);

#endif
