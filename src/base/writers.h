/* SPDX-License-Identifier: Apache-2.0 */
/* Who, besides root and the user, can write to a file or directory. */
#ifndef P11BEARER_BASE_WRITERS_H
#define P11BEARER_BASE_WRITERS_H

#include <stdbool.h>
#include <sys/stat.h>

enum writers {
	WRITERS_OURS,    /* nobody but root and the user */
	WRITERS_BY_MODE, /* others, by the mode */
	WRITERS_BY_ACL,  /* others, by an ACL (acl(5)) */
};

/* Returns whether the owner is root or the user. An owner that is not mapped into the user namespace counts as root
 * (user_namespaces(7)), because inside it looks the same as root outside. */
bool writers_owner_is_ours(uid_t owner);

/* Returns who can write besides the owner. `path` is the file's path, or NULL for a file without an ACL. Two kinds
 * of groups count as the user as long as they have no other members: the login groups of root and the user, if they
 * have the user's name; and, for directories of root, the group staff, which Debian lets write to /usr/local. */
enum writers writers_find(const struct stat *status, const char *path);

#endif
