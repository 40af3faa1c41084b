/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that are refused: sends them why, and closes them. For the agent's listener.c only. */
#ifndef P11BEARER_AGENT_REFUSAL_H
#define P11BEARER_AGENT_REFUSAL_H

#include "agent/loop.h"
#include "agent/peer.h"

#include <sys/queue.h>
#include <sys/types.h>

struct refusals {
	struct loop *loop;
	LIST_HEAD(refusal_list, refusal) list;
	size_t count;
	void (*left)(void *context, uid_t uid); /* a counted connection has ended */
	void *context;
};

/* Takes the connection over. An HTTP or unlock peer reads that its uid has too many connections; a credential peer
 * gets more than systemd takes. If it is not `counted`, and memory or room for such connections is short, it is closed
 * with what it has received so far. */
void refusal_start(struct refusals *refusals, int fd, uid_t uid, enum peer_kind kind, bool counted);

/* Ends all, after waiting until credential peers have got enough: at most two seconds. */
void refusals_end(struct refusals *refusals);

#endif
