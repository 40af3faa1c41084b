/* SPDX-License-Identifier: Apache-2.0 */
/* Names of systemd units, and the unit that a cgroup belongs to. Pure. For peer.h, and what implements it, only. */
#ifndef P11BEARER_AGENT_UNIT_H
#define P11BEARER_AGENT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { UNIT_SIZE = 256 };

/* Whether the unit's type is one that has processes, such as .service. */
bool unit_has_processes(const char *name, size_t length);

/* Whether systemd could give a unit with processes this name. */
bool unit_is_name(const char *name, size_t length);

/* Fills `unit` from the peer's path below /sys/fs/cgroup: the first part that is no slice, because what lies below a
 * unit is named by the unit itself. So all units of a user's manager are user@UID.service. If `own`, the agent's own
 * path, is below the manager of its user `uid`, only that manager's units count. "" if there is none. */
void unit_of_cgroup(const char *path, const char *own, uid_t uid, char unit[UNIT_SIZE]);

#endif
