/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of "servers" share. */
#ifndef P11BEARER_CMD_SERVERS_H
#define P11BEARER_CMD_SERVERS_H

#include "cmd/cmd.h"

struct cJSON;

/* The value of a pair of the row, unless it is a secret of the form. */
const char *servers_shown(const struct server *row, const struct server_pair *pair);

/* The row as an object, which the caller deletes. It lacks members if memory is exhausted. */
struct cJSON *servers_json(const struct server *row);

#endif
