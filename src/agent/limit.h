/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of open descriptors. Each connection is one, but modules in workers may not cope with numbers from 1024 on
 * (select(2)), or close all that there could be. */
#ifndef P11BEARER_AGENT_LIMIT_H
#define P11BEARER_AGENT_LIMIT_H

#include <stdbool.h>

/* Raises the limit as far as this process may. */
void limit_raise(void);

/* Sets the limit that this process was started with, for a process that it starts now. Returns false if limit_raise has
 * not changed it. */
bool limit_lower(void);

#endif
