/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of base: the place of a file, and how a file gets there in one step. A new file is made in the same folder, without a
 * name where the file system can do that, given its access (base/access.h), written, synced, named ".p11bearer-…" and renamed,
 * so that a crash leaves the old file or the new one whole. The folder is held open: whoever swaps a part of its path moves
 * nothing. */
#ifndef P11BEARER_BASE_PLACE_H
#define P11BEARER_BASE_PLACE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct place {
	const char *path; /* for messages; the caller's */
	char name[NAME_MAX + 1];
	int folder;
	int old; /* the regular file that has the name now; negative: none */
};
#define PLACE(path) ((struct place){ (path), "", -1, -1 })

void place_close(struct place *place);

/* Opens the folder of `path` and takes the name from it. The name may be a link still. Returns 0, or -1 and errno. */
int place_open_folder(struct place *place, const char *path);

/* Opens the regular file at place->path, and its place: the one that the kernel finds, whatever links lead there. Fails with
 * ERROR_UNEXPECTED, also if it is not the file of `status` (may be NULL). */
int place_open(struct place *place, const struct stat *status, struct error *error);

/* Whether the file in the place may be replaced still; fills `error` if not. */
typedef int place_check(const struct place *place, const void *context, struct error *error);

/* Puts a file with this data into the place, if `check` (may be NULL) agrees at the last moment. It gets the access of the old
 * file, with `is_private` that of its owner alone; with no old file it gets `mode` less the umask. Fails with
 * ERROR_UNEXPECTED, or as `check` does. */
int place_put(const struct place *place, const void *data, size_t length, mode_t mode, bool is_private,
	      place_check *check, const void *context, struct error *error);

bool place_is_same_file(const struct stat *a, const struct stat *b);
int place_write_all(int fd, const char *data, size_t length); /* 0, or -1 and errno */
int place_cannot_write(const char *path, struct error *error); /* from errno */

/* The error for a file that another program has changed meanwhile: "cannot WHAT PATH: HOW". Returns -ERROR_UNEXPECTED. */
int place_was_changed(const char *what, const char *path, const char *how, struct error *error);

#endif
