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

/* Whether the owner is root or the user. An owner that the user namespace has no number for counts as root
 * (user_namespaces(7)): in there, root outside and everybody else outside look the same. */
bool writers_owner_is_ours(uid_t owner);

/* Who can write besides the owner. `path` is where the file is, or NULL for one without an ACL. Counted as the user are the
 * login groups of root and the user that have the user's name, and in directories of root the group staff, which Debian lets
 * write to /usr/local; but only while nobody else is a member. */
enum writers writers_find(const struct stat *status, const char *path);

#endif
