/* SPDX-License-Identifier: Apache-2.0 */
/* The socket: takes it from systemd or binds it, accepts connections and tells apart what they are for. */
#ifndef P11BEARER_AGENT_LISTENER_H
#define P11BEARER_AGENT_LISTENER_H

#include "agent/agent.h"
#include "agent/loop.h"
#include "agent/peer.h"

struct listener;

/* Takes a connection over: descriptor (non-blocking, close-on-exec) and peer, which is copied. Call listener_left when
 * the connection is closed. */
struct listener_use {
	void (*http)(void *context, int fd, const struct peer *peer);
	void (*credential)(void *context, int fd, const struct peer *peer); /* systemd's LoadCredential= */
	void (*unlock)(void *context, int fd, const struct peer *peer);     /* "agent unlock", of any uid */
	void *context;
};

/* Takes the one socket that LISTEN_FDS passes (sd_listen_fds(3)), or else binds config->socket: creates its folder
 * (mode 0755) if only that is missing, and replaces a socket that nobody listens at. Fails with ERROR_CONFIG if another
 * agent listens there, the path is too long or not absolute, others could replace the socket, or the descriptor is no
 * listening Unix stream socket; else with ERROR_UNEXPECTED. The caller closes *listener in any case. */
int listener_open(struct listener **listener, struct loop *loop, const struct agent_config *config,
		  const struct listener_use *use, struct error *error);

/* Closes the socket, and removes it if the agent has bound it and it is still the same. */
void listener_close(struct listener **listener);

/* The limit of connections for each uid may change with the configuration. */
void listener_limit(struct listener *listener, long connections);

/* A connection of this uid has ended. */
void listener_left(struct listener *listener, uid_t uid);

/* Refuses a connection of systemd's LoadCredential=. systemd takes whatever it gets, even nothing, and only lets the
 * unit fail if it gets more than 1 MiB (E2BIG). So this sends more, as fast as the peer reads. Takes the connection
 * over, and calls listener_left. listener_close waits for such connections, at most two seconds. */
void listener_refuse(struct listener *listener, int fd, uid_t uid);

/* If the socket that the agent bound is gone from its path or replaced, binds it again; warns once if that fails.
 * Called every few seconds. */
void listener_check(struct listener *listener);

/* Connections refused because their uid had too many. */
unsigned long listener_refused(const struct listener *listener);

#endif
