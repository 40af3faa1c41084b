/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is read, changed in memory, and replaced only if nobody else has changed it meanwhile. */
#ifndef P11BEARER_BASE_SNAPSHOT_H
#define P11BEARER_BASE_SNAPSHOT_H

#include "base/error.h"

#include <stddef.h>
#include <sys/stat.h>

struct snapshot {
	struct stat status;
	char *data; /* a NUL follows */
	size_t length;
};

/* Reads the regular file at `path`, of at most `limit` bytes. Fails with ERROR_CONFIG if it cannot be read, or has several
 * hard links: it would be replaced under one of its names only. snapshot_clear wipes it, and may be called in any case. */
int snapshot_take(struct snapshot *snapshot, const char *path, size_t limit, struct error *error);
void snapshot_clear(struct snapshot *snapshot);

/* Replaces the file at `path` as write_file does (process/write.h). Fails with ERROR_CONFIG if the file is not the one of the
 * snapshot any more: another inode, other times, another size or content, or several hard links. */
int snapshot_replace(const struct snapshot *snapshot, const char *path, const void *data, size_t length,
		     struct error *error);

#endif
