/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of users and groups that the configuration names. */
#ifndef P11BEARER_AGENT_IDS_H
#define P11BEARER_AGENT_IDS_H

#include "base/error.h"

#include <sys/types.h>

/* `name` may also be the number itself, whether or not such a user or group exists. Fail with ERROR_CONFIG. */
int ids_user(const char *name, uid_t *uid, struct error *error);
int ids_group(const char *name, gid_t *gid, struct error *error);

#endif
