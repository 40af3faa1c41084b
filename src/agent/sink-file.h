/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a sink. It is only written to memory (tmpfs, ramfs), and no part of its path may be a symbolic link. */
#ifndef P11BEARER_AGENT_SINK_FILE_H
#define P11BEARER_AGENT_SINK_FILE_H

#include "base/error.h"
#include "base/secret.h"

#include <sys/types.h>

/* Replaces the file, or makes it, in one step. It has this mode and owner from the start, as far as others can see;
 * (uid_t)-1 and (gid_t)-1: the process's own. A new file that a killed process did not finish is removed first. Fails
 * with ERROR_CONFIG if the path is not usable for a sink, else with ERROR_UNEXPECTED. */
int sink_file_put(const char *path, const struct secret *content, mode_t mode, uid_t uid, gid_t gid,
		  struct error *error);

/* Removes the file, and a new one that was not finished. It is no failure if there is none, or no folder. Fails like
 * sink_file_put, and leaves anything but a regular file alone. */
int sink_file_remove(const char *path, struct error *error);

#endif
