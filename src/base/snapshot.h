/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is read, changed in memory, and replaced only if nobody else has changed it in the meantime. */
#ifndef P11BEARER_BASE_SNAPSHOT_H
#define P11BEARER_BASE_SNAPSHOT_H

#include "base/error.h"

#include <stddef.h>
#include <sys/stat.h>

struct snapshot {
	struct stat status;
	char *data; /* followed by a NUL */
	size_t length;
};

/* Reads the regular file at `path`, of at most `limit` bytes. Fails with ERROR_CONFIG if it cannot be read, or if it
 * has several hard links, since it would be replaced under only one name. The caller may call snapshot_clear, which
 * wipes it, in any case. */
int snapshot_take(struct snapshot *snapshot, const char *path, size_t limit, struct error *error);
void snapshot_clear(struct snapshot *snapshot);

/* Replaces the file at `path` as write_file does (process/write.h). Fails with ERROR_CONFIG if the file has changed
 * since the snapshot (inode, timestamps, size or content) or has several hard links. */
int snapshot_replace(const struct snapshot *snapshot, const char *path, const void *data, size_t length,
		     struct error *error);

/* Does all that snapshot_replace does, but for the replacement itself: changes nothing. Fails as snapshot_replace does,
 * and if the file or its folder cannot be replaced for another reason, such as an attribute (chattr(1)) or a mount. */
int snapshot_rehearse(const struct snapshot *snapshot, const char *path, struct error *error);

#endif
