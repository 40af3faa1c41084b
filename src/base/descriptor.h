/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a process's own descriptors. */
#ifndef P11BEARER_BASE_DESCRIPTOR_H
#define P11BEARER_BASE_DESCRIPTOR_H

#include <stdbool.h>

/* Sets *fd and returns true if the text is a descriptor's number. The descriptor need not be open. */
bool descriptor_number(const char *text, int *fd);

/* Sets *fd and returns true if the path names one of this process's own descriptors, such as /dev/fd/3,
 * /proc/self/fd/3 or /dev/stdin, or is a symbolic link to one. */
bool descriptor_path(const char *path, int *fd);

/* Whether the path names a descriptor of this process whose file is in memory and cannot be changed: the settings
 * of a worker of the agent. NULL is no path. */
bool descriptor_is_sealed(const char *path);

#endif
