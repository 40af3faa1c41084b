/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the agent, over its Unix socket: see p11bearer-agent(8). */
#ifndef P11BEARER_OAUTH_AGENT_H
#define P11BEARER_OAUTH_AGENT_H

#include "oauth/answer.h"

#include <sys/socket.h>
#include <sys/un.h>

enum {
	OAUTH_SOCKET_SIZE = sizeof(((struct sockaddr_un *)NULL)->sun_path),
	OAUTH_GENERATION_SIZE = 65,
};

/* The agent, and whom to ask for. Strings belong to the caller. */
struct oauth_agent {
	char socket[OAUTH_SOCKET_SIZE]; /* path; "": there is no agent */
	const char *profile;  /* NULL: the agent's default; for requests about profiles, all */
	const char *username; /* NULL: the profile's; for requests about profiles, all */
};

/* Connects to the agent. Binds the socket to `name`, an address in the abstract namespace, unless it is NULL. Returns
 * the descriptor, or fails with ERROR_NETWORK. */
int oauth_agent_connect(const char *path, const struct sockaddr_un *name, socklen_t length, struct error *error);

/* Asks for a bearer. `generation` is that of a bearer that a server has refused, or "", and receives the new one's.
 * Fills `answer`, without an HTTP status, as a successful exchange does; the agent's own member is dropped. Fails as
 * oauth_agent_ask does, at `end` (clock_ms) at the latest. The caller clears the answer. */
int oauth_agent_bearer(const struct oauth_agent *agent, double end, char generation[OAUTH_GENERATION_SIZE],
		       struct oauth_answer *answer, struct error *error);

/* Sends a request without a body to `path`, with the profile and username as its query. *json is the answer, an object
 * in JSON, which the caller frees. Fails with the class that the agent's answer names, with ERROR_NETWORK if there is
 * no answer, and with ERROR_ANSWER if it is unusable. */
int oauth_agent_ask(const struct oauth_agent *agent, const char *method, const char *path, struct secret **json,
		    struct error *error);

/* Takes the error that an answer of the agent contains; `text` is JSON, `status` its HTTP status or 0. Returns 0 if it
 * is an object without an error. */
int oauth_agent_judge(const char *text, size_t length, long status, struct error *error);

#endif
