/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what with a file: owner, group, mode, ACL, security label and other extended attributes (acl(5),
 * xattr(7)). */
#ifndef P11BEARER_BASE_ACCESS_H
#define P11BEARER_BASE_ACCESS_H

#include "base/error.h"

#include <stdbool.h>

/* Gives the open file `to`, newly created with mode 0600, the access of the open file `from`, or only its owner's
 * access if `is_private`. Removes an ACL that `to` inherited from its folder. `path` is for messages. Fails with
 * ERROR_UNEXPECTED if something cannot be copied; the caller must then discard `to`, because its access may be
 * wrong. */
int access_copy(int from, int to, bool is_private, const char *path, struct error *error);

#endif
