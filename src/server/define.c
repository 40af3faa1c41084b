/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that a configuration file defines. */
#include "server/server.h"

int server_define(const char *name, const struct server *base, const struct server_entry *entries, size_t count,
		  struct server **server, struct error *error)
{
	(void)name;
	(void)base;
	(void)entries;
	(void)count;
	*server = NULL;
	return error_set(error, ERROR_CONFIG, "sections [server NAME] are not read yet");
}
