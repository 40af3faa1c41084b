/* SPDX-License-Identifier: Apache-2.0 */
/* The place of a file, and replacing the file in one step. Only for base, process/write.c, agent/sink-file.c and
 * rotate/journal.c. The new file is created in the same folder, without a name if the file system allows, given its
 * access (base/access.h), written, synced, named ".p11bearer-…" and renamed, so that a crash leaves either the old
 * file or the new one whole. The folder is held open: replacing a part of its path has no effect. */
#ifndef P11BEARER_BASE_PLACE_H
#define P11BEARER_BASE_PLACE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct place {
	const char *path; /* for messages; owned by the caller */
	char name[NAME_MAX + 1];
	int folder;
	int old; /* the regular file that currently has the name; negative: none */
};
#define PLACE(path) ((struct place){ (path), "", -1, -1 })

void place_close(struct place *place);

/* Opens the folder of `path` and copies the name, which may still be a link. Returns 0, or -1 with errno set. */
int place_open_folder(struct place *place, const char *path);

/* Opens the regular file at place->path and the folder that contains it after the kernel has resolved all links.
 * Fails with ERROR_UNEXPECTED, also if it is not the file of `status` (may be NULL). */
int place_open(struct place *place, const struct stat *status, struct error *error);

/* Returns 0 if the file in the place may still be replaced, or fills `error`. */
typedef int place_check(const struct place *place, const void *context, struct error *error);

/* Puts a file with this data into the place, if `check` (may be NULL) agrees just before the rename. It gets the
 * access of the old file, or only its owner's if `is_private`. Without an old file it gets `mode` less the umask.
 * Fails with ERROR_UNEXPECTED, or as `check` does. */
int place_put(const struct place *place, const void *data, size_t length, mode_t mode, bool is_private,
	      place_check *check, const void *context, struct error *error);

bool place_is_same_file(const struct stat *a, const struct stat *b);
int place_write_all(int fd, const char *data, size_t length); /* 0, or -1 with errno set */
int place_cannot_write(const char *path, struct error *error); /* from errno */

/* Sets the error for a file that another program has changed in the meantime: "cannot WHAT PATH: HOW". Returns
 * -ERROR_UNEXPECTED. */
int place_was_changed(const char *what, const char *path, const char *how, struct error *error);

#endif
