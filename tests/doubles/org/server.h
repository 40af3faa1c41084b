/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side of the org: the only room that knows libmicrohttpd. */
#ifndef ORG_SERVER_H
#define ORG_SERVER_H

#include "options.h"

struct server;

/*
 * Starts serving in threads of its own, which inherit the caller's signal mask. SIGTERM is raised when
 * --max-requests is reached. Returns the server, which server_stop frees; NULL after saying on stderr why not.
 */
struct server *server_start(const struct options *options);

/* The org's URL; owned by the server. */
const char *server_url(const struct server *server);

/* Ends all connections, frees the server and sets the pointer to NULL. */
void server_stop(struct server **server);

#endif
