/* SPDX-License-Identifier: Apache-2.0 */
/* Files that decide where secrets go: nobody but root and the user may be able to change them. */
#ifndef P11BEARER_BASE_TRUST_H
#define P11BEARER_BASE_TRUST_H

#include "base/error.h"

#include <sys/stat.h>

/* Checks that only root and the user can change what `path` leads to: the file, each directory on the way, which they own
 * and nobody else can write to, and each symbolic link. A sticky directory of root's or the user's passes, since nobody
 * can replace what others have in it. A group that has the user's name and no other member counts as the user, unless an
 * ACL (acl(5)) is there too. What the path leads to must exist. Fails with `class`. */
int trust_check(const char *path, enum error_class class, struct error *error);

/* Checks owner and mode of an open file alone, such as a pipe, which no path leads to. `name` is for messages. */
int trust_check_descriptor(int fd, const char *name, enum error_class class, struct error *error);

/* What a file is that is not a regular one, with its article, such as "a FIFO". */
const char *trust_kind(const struct stat *status);

#endif
