/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP side of the org; only this and multipart.c use libmicrohttpd. */
#ifndef ORG_SERVER_H
#define ORG_SERVER_H

#include "options.h"

struct server;

/*
 * Starts serving in its own threads, which inherit the caller's signal mask. Raises SIGTERM when --max-requests is
 * reached. Returns the server, which server_stop frees, or NULL after a message on stderr.
 */
struct server *server_start(const struct options *options);

/* The org's URL; owned by the server. */
const char *server_url(const struct server *server);

/* Ends all connections, frees the server and sets the pointer to NULL. */
void server_stop(struct server **server);

#endif
