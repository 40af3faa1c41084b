/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket: systemd's, or one that the agent binds. For the agent's listener.c only. */
#ifndef P11BEARER_AGENT_ENDPOINT_H
#define P11BEARER_AGENT_ENDPOINT_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct endpoint {
	int fd;         /* listening, non-blocking; -1: none */
	char *path;     /* that the agent binds; NULL: the socket is systemd's */
	mode_t mode;
	gid_t group;    /* (gid_t)-1: leave it */
	dev_t device;   /* of the socket that the agent has bound */
	ino_t inode;
};

/* Takes a socket of systemd's. Fails with ERROR_CONFIG if it is no listening Unix stream socket. */
int endpoint_take(struct endpoint *endpoint, int fd, struct error *error);

/* Binds endpoint->path and listens there, and closes the socket it had before. Fails as listener_open does. */
int endpoint_bind(struct endpoint *endpoint, struct error *error);

/* Whether the path still leads to the socket. */
bool endpoint_is_there(const struct endpoint *endpoint);

/* Closes the socket, and removes it if it is still there. */
void endpoint_close(struct endpoint *endpoint);

#endif
