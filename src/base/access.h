/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what with a file: owner, group, mode, ACL, security label and the other extended attributes (acl(5), xattr(7)). */
#ifndef P11BEARER_BASE_ACCESS_H
#define P11BEARER_BASE_ACCESS_H

#include "base/error.h"

#include <stdbool.h>

/* Gives the open file `to`, which is new and was made with the mode 0600, the access of the open file `from`; if `is_private`,
 * that of its owner alone. An ACL that `to` inherited from its folder goes. `path` is for messages. Fails with
 * ERROR_UNEXPECTED if something cannot be copied: `to` must not be used then, for it may be open to people whom `from` shuts
 * out, or the reverse. */
int access_copy(int from, int to, bool is_private, const char *path, struct error *error);

#endif
